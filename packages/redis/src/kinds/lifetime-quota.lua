-- Lifetime quotas (o): the same steps as lifetime-quota.ts of the core.
-- token-bucket.lua says what each function is.
-- Makes: algorithm of o.
--
-- `last` is the time of the latest change. A key that was not charged for a period is forgotten.
return {
  advance = function(used, last, _, now, rule)
    if used == 0 then return 0, now, 0 end
    if now < last then return used, last - now > rule.period_us and now or last, 0 end
    return now - last >= rule.period_us and 0 or used, now, 0
  end,

  missing = function(used)
    return used
  end,

  wait_for = function(_, _, last, _, now, rule)
    return math.max(now, last) - now + rule.period_us
  end,

  lacking = function(amount, now)
    return amount, now, 0
  end,

  debit = function(used, last, _, amount)
    return used + amount, last, 0
  end,

  returnable = function(units)
    return units
  end,

  give_back = function(used, last, _, amount)
    return math.max(0, used - amount), last, 0
  end,
}
