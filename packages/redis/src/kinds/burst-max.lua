-- Strict burst max (b): the same steps as burst-max.ts of the core. token-bucket.lua says what each function is.
-- Makes: algorithm of b.
-- Expects: floor_div, ceil_div, lacking_units, debit_units.
--
-- `used` counts the scaled units of the period that `last` lies in. `carried` counts what earlier periods took in excess of their rate.
local function periods_between(from, to, rule)
  return floor_div(to, rule.period_us) - floor_div(from, rule.period_us)
end

return {
  advance = function(used, last, carried, now, rule)
    if now > last then
      local periods = periods_between(last, now, rule)
      if periods == 0 then return used, now, carried end
      return 0, now, math.max(0, carried + used - rule.rate * periods)
    end
    local time_to_full = ceil_div(used + carried, rule.rate) * rule.period_us
    if last - now > time_to_full then return used, now, carried end
    return used, last, carried
  end,

  missing = function(used, _, carried, rule)
    if carried == 0 then return used end
    return used + math.max(0, rule.capacity * rule.scale - rule.rate + carried)
  end,

  wait_for = function(units, used, last, carried, now, rule)
    local needed = math.min(units * rule.scale, rule.rate)
    local periods = math.max(1, ceil_div(math.max(0, used + carried - (rule.rate - needed)), rule.rate))
    return (floor_div(math.max(now, last), rule.period_us) + periods) * rule.period_us - now
  end,

  lacking = lacking_units,

  debit = debit_units,

  returnable = function(units, charged, charged_at, now, rule)
    local refilled = now > charged_at and rule.rate * periods_between(charged_at, now, rule) or 0
    return math.min(units * rule.scale, math.max(0, charged * rule.scale - refilled))
  end,

  give_back = function(used, last, carried, amount)
    local from_now = math.min(used, amount)
    return used - from_now, last, math.max(0, carried - (amount - from_now))
  end,
}
