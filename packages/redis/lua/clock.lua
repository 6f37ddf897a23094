-- The time of this script, in microseconds since 1970: the server's, or that of a test.
-- Gives: now, spare_ms.
--
-- ARGV[1] is mostly empty. It has a line for each calendar that the call needs (see calendar-window.lua). In a test it begins with the time.
local now = ARGV[1] ~= '' and tonumber(string.match(ARGV[1], '^%d+'))
-- In a test, keys expire by another clock than the one that counts. They are kept for this many milliseconds longer than needed.
local spare_ms = now and 3600000
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
