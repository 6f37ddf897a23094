-- The estimate of a sliding window (s): the same steps as sliding-window.ts of the core. token-bucket.lua says what each function is.
-- Makes: algorithm of s.
-- Expects: floor_div, ceil_div.
--
-- `used` counts the units of the window that `last` lies in, `carried` those of the window before it. `rule.rate` is the microseconds in a
-- tick.
local function start_of(now, period_us)
  return floor_div(now, period_us) * period_us
end

-- The weight of a unit of the window before.
local function weight_at(now, rule)
  return rule.scale - floor_div(now - start_of(now, rule.period_us), rule.rate)
end

local function missing(used, last, carried, rule)
  return used * rule.scale + carried * weight_at(last, rule)
end

local function lacking(amount, now, rule)
  return ceil_div(amount, rule.scale), now, 0
end

local function full_at(used, last, carried, rule)
  if used > 0 then return start_of(last, rule.period_us) + 2 * rule.period_us end
  if carried > 0 then return start_of(last, rule.period_us) + rule.period_us end
  return last
end

return {
  missing = missing,
  lacking = lacking,

  advance = function(used, last, carried, now, rule)
    if now > last then
      local windows = floor_div(now, rule.period_us) - floor_div(last, rule.period_us)
      if windows == 0 then return used, now, carried end
      return 0, now, windows == 1 and used or 0
    end
    if last - now > full_at(used, last, carried, rule) - last then return lacking(missing(used, last, carried, rule), now, rule) end
    return used, last, carried
  end,

  wait_for = function(units, used, last, carried, now, rule)
    local next_start = start_of(last, rule.period_us) + rule.period_us
    local free = (rule.capacity - units) * rule.scale
    local free_now = free - used * rule.scale
    if free_now >= carried and carried > 0 then
      return next_start - rule.period_us + (rule.scale - floor_div(free_now, carried)) * rule.rate - now
    end
    if free < used then return next_start + rule.period_us - now end
    return next_start + (used == 0 and 0 or math.max(0, rule.scale - floor_div(free, used)) * rule.rate) - now
  end,

  debit = function(used, last, carried, amount, rule)
    return used + ceil_div(amount, rule.scale), last, carried
  end,

  -- Units return only within their window.
  returnable = function(units, _, charged_at, now, rule)
    return start_of(charged_at, rule.period_us) == start_of(now, rule.period_us) and units * rule.scale or 0
  end,

  give_back = function(used, last, carried, amount, rule)
    local units = floor_div(amount, rule.scale)
    if units < used then return used - units, last, carried end
    return 0, last, math.max(0, carried - floor_div(amount - used * rule.scale, weight_at(last, rule)))
  end,
}
