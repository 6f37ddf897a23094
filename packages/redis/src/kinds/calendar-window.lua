-- Windows of the calendar (c): the same steps as calendar-window.ts of the core. token-bucket.lua says what each function is.
-- Makes: algorithm of c.
-- Expects: ceil_div, used_units, lacking_units, debit_units, give_back_units.
--
-- `used` counts scaled units. `rule.starts` has the starts of windows that the call has brought.
-- Redis knows no calendars, such as month/Asia/Seoul, so calls bring them in ARGV[1].
-- There, a line has the name of a calendar, a space, and microseconds since 1970 in base 36, with commas between them.
-- After these starts, some moments outside of them may follow, such as ;1767225600000000=40. The number says how many windows begin between
-- the moment and the starts, up to and including the later one.
-- A call cannot foresee every calendar, because the rule of a bucket may have changed, nor every moment. Then the script raises an error
-- before it charges anything, and the caller sends it again with that. It does the same, with its own time, where the windows that came
-- do not lie around that time: the clock of the caller is wrong.

-- How many windows begin between a moment and the starts that came.
local function windows_beyond(moment, rule)
  local beyond = string.match(rule.starts.beyond, string.format(';%.0f=(%%d+)', moment))
  if not beyond then error(string.format('CALENDAR %s %.0f %.0f', rule.starts.calendar, now, moment), 0) end
  return tonumber(beyond)
end

-- How many windows have begun after one time, up to and including another. It may be fewer if they are enough.
local function windows_begun(from, to, rule, enough)
  local starts, begun = rule.starts, 0
  local first, last = starts[1], starts[#starts]
  for i = 1, #starts do
    if starts[i] > from and starts[i] <= to then begun = begun + 1 end
  end
  -- The first of the starts was counted here.
  if begun < enough and from < first and to >= first then begun = begun + windows_beyond(from, rule) - 1 end
  if begun < enough and to > last then begun = begun + windows_beyond(to, rule) - (from > last and windows_beyond(from, rule) or 0) end
  return begun
end

-- When the nth window after the window of a time begins. Beyond the starts that came, each window is taken to be the longest. So a bucket
-- may be kept too long, and never too short.
local function start_of_next(nth, at, rule)
  local starts = rule.starts
  local current = 1
  while current < #starts and starts[current + 1] <= at do current = current + 1 end
  local beyond = current + nth - #starts
  if beyond > 0 then return starts[#starts] + beyond * rule.period_us end
  return starts[current + nth]
end

return {
  -- The starts in the calendar that these terms name.
  starts_of = function(text)
    local calendar = string.match(text, '/([^@]*)')
    local _, last = string.find(ARGV[1], '\n' .. calendar .. ' ', 1, true)
    if not last then error(string.format('CALENDAR %s %.0f', calendar, now), 0) end
    local list, beyond = string.match(ARGV[1], '^([^;\n]*)([^\n]*)', last + 1)
    local starts = { calendar = calendar, beyond = beyond }
    for start in string.gmatch(list, '%w+') do starts[#starts + 1] = tonumber(start, 36) end
    if now < starts[2] or now >= starts[#starts - 1] then error(string.format('CALENDAR %s %.0f', calendar, now), 0) end
    return starts
  end,

  advance = function(used, last, _, now, rule)
    if now > last then return math.max(0, used - rule.rate * windows_begun(last, now, rule, ceil_div(used, rule.rate))), now, 0 end
    if last - now > ceil_div(used, rule.rate) * rule.period_us then return used, now, 0 end
    return used, last, 0
  end,

  missing = used_units,

  wait_for = function(units, used, last, _, now, rule)
    local need = units * rule.scale - (rule.capacity * rule.scale - used)
    return start_of_next(ceil_div(need, rule.rate), math.max(now, last), rule) - now
  end,

  lacking = lacking_units,

  debit = debit_units,

  returnable = function(units, charged, charged_at, now, rule)
    local begun = now > charged_at and windows_begun(charged_at, now, rule, ceil_div(charged * rule.scale, rule.rate)) or 0
    return math.min(units * rule.scale, math.max(0, charged * rule.scale - rule.rate * begun))
  end,

  give_back = give_back_units,
}
