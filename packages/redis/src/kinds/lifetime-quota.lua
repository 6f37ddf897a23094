-- Lifetime quotas (o): the same steps as lifetime-quota.ts of the core.
-- token-bucket.lua says what each function is.
-- Makes: algorithm of o.
-- Expects: used_units, lacking_units, debit_units, give_back_units.
--
-- `last` is the time of the latest change. A key that was not charged for a period is forgotten.
return {
  advance = function(used, last, _, now, rule)
    if used == 0 then return 0, now, 0 end
    if now < last then return used, last - now > rule.period_us and now or last, 0 end
    return now - last >= rule.period_us and 0 or used, now, 0
  end,

  missing = used_units,

  wait_for = function(_, _, last, _, now, rule)
    return math.max(now, last) - now + rule.period_us
  end,

  lacking = lacking_units,

  debit = debit_units,

  returnable = function(units)
    return units
  end,

  give_back = give_back_units,
}
