-- Windows of the calendar (c): line for line what calendar-window.ts of the core does, on the beginnings that the call has brought.
local function calendar_window()
  -- How many windows have begun after one moment, up to and with another.
  local function windows_begun(from, to, rule)
    local starts = rule.starts
    local first = starts[1]
    local begun = from < first and to >= first and floor_div(first - from - 1, rule.period_us) or 0
    for _, start in ipairs(starts) do
      if start > from and start <= to then begun = begun + 1 end
    end
    return begun
  end

  -- When the nth window after that of a moment begins.
  local function start_of_next(nth, moment, rule)
    local starts = rule.starts
    local present = 1
    while present < #starts and starts[present + 1] <= moment do present = present + 1 end
    local beyond = present + nth - #starts
    if beyond > 0 then return starts[#starts] + beyond * rule.period_us end
    return starts[present + nth]
  end

  return counting({
    advance = function(used, last, _, now, rule)
      if now > last then return math.max(0, used - rule.rate * windows_begun(last, now, rule)), now, 0 end
      if last - now > ceil_div(used, rule.rate) * rule.period_us then return used, now, 0 end
      return used, last, 0
    end,

    missing = function(used)
      return used
    end,

    wait_for = function(units, used, last, _, now, rule)
      local need = units * rule.scale - (rule.capacity * rule.scale - used)
      return start_of_next(ceil_div(need, rule.rate), math.max(now, last), rule) - now
    end,

    lacking = function(amount, now)
      return amount, now, 0
    end,

    debit = function(used, last, _, amount)
      return used + amount, last, 0
    end,

    returnable = function(units, charged, charged_at, now, rule)
      local begun = now > charged_at and windows_begun(charged_at, now, rule) or 0
      return math.min(units * rule.scale, math.max(0, charged * rule.scale - rule.rate * begun))
    end,

    give_back = function(used, last, _, amount)
      return math.max(0, used - amount), last, 0
    end,
  })
end
