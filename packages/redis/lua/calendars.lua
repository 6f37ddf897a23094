-- The beginnings of the windows of a calendar. Redis has none: calls bring them in ARGV[1], a line for each period and time zone, such as
-- "month/Asia/Seoul " and microseconds since the epoch in base 36. Where a bucket needs one that the call did not foresee, because its
-- rule changed, the script ends with an error before it has written anything, and is sent again with it.
local function starts_of(calendar)
  local _, last = string.find(ARGV[1], '\n' .. calendar .. ' ', 1, true)
  if not last then error('CALENDAR ' .. calendar, 0) end
  local starts = {}
  for start in string.gmatch(string.match(ARGV[1], '^[^\n]*', last + 1), '%w+') do starts[#starts + 1] = tonumber(start, 36) end
  return starts
end
