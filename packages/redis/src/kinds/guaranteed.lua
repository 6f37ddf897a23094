-- The bucket of a child with a guarantee (q): the same steps as guaranteed.ts of the core. token-bucket.lua says what each function is.
-- Makes: algorithm of q.
-- Expects: floor_div, used_units, lacking_units, debit_units, give_back_units.
--
-- `used` counts the units of the period that `last` lies in. `carried` is for how many periods the child is active, from that one on.
local function periods_between(from, to, period_us)
  return floor_div(to, period_us) - floor_div(from, period_us)
end

return {
  -- Beside its bucket, a charge has the record of its parent (see reserved-shares.lua).
  has_key_beside = true,
  has_parent = true,

  advance = function(used, last, carried, now, rule)
    if now < last then
      if last - now > rule.period_us then return used, now, carried end
      return used, last, carried
    end
    local periods = periods_between(last, now, rule.period_us)
    if periods == 0 then return used, now, carried end
    return 0, now, math.max(0, carried - periods)
  end,

  missing = used_units,

  -- A child is kept as long as it is active.
  reset_us = function(used, last, carried, now, rule)
    local periods = math.max(carried, used > 0 and 1 or 0)
    if periods == 0 then return 0 end
    return (floor_div(math.max(now, last), rule.period_us) + periods) * rule.period_us - now
  end,

  lacking = lacking_units,

  debit = debit_units,

  returnable = function(units, _, charged_at, now, rule)
    return periods_between(charged_at, now, rule.period_us) > 0 and 0 or units
  end,

  give_back = give_back_units,
}
