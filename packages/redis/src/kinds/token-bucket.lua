-- The token bucket, greedy (g) or by interval (i): the same steps as token-bucket.ts of the core.
-- Makes: algorithm of g, i.
-- Expects: floor_div, ceil_div, used_units, lacking_units, debit_units, give_back_units.
--
-- A state has three numbers. `used` is what is missing, in scaled units. `last` is microseconds since 1970. `carried` is 0 here.
-- How often the rate has come back between two times: microseconds, or boundaries of periods since 1970.
local function ticks(from, to, rule)
  if rule.kind == GREEDY then return to - from end
  return floor_div(to, rule.period_us) - floor_div(from, rule.period_us)
end

return {
  -- The state at now.
  advance = function(used, last, _, now, rule)
    if now > last then
      local left = used - rule.rate * ticks(last, now, rule)
      return left > 0 and left or 0, now, 0
    end
    local time_to_full = ceil_div(used, rule.rate) * (rule.kind == GREEDY and 1 or rule.period_us)
    if last - now > time_to_full then return used, now, 0 end
    return used, last, 0
  end,

  -- Scaled units that are missing until the bucket is full.
  missing = used_units,

  -- Microseconds until so many units can be paid. Asked for the whole capacity, it says when the key expires.
  wait_for = function(units, used, last, _, now, rule)
    local start, need = now > last and now or last, units * rule.scale - (rule.capacity * rule.scale - used)
    local count = ceil_div(need, rule.rate)
    if rule.kind == GREEDY then return start - now + count end
    return (floor_div(start, rule.period_us) + count) * rule.period_us - now
  end,

  -- The state in which so many scaled units are missing.
  lacking = lacking_units,

  -- The state after so many scaled units were charged.
  debit = debit_units,

  -- Of the unused units of a charge, the scaled units that may return: those that have not refilled since.
  returnable = function(units, charged, charged_at, now, rule)
    local refilled = now > charged_at and rule.rate * ticks(charged_at, now, rule) or 0
    return math.min(units * rule.scale, math.max(0, charged * rule.scale - refilled))
  end,

  -- The state after so many scaled units have returned.
  give_back = give_back_units,
}
