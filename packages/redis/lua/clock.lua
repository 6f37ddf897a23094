-- The time of this script, in microseconds since the epoch: the server's, read once; or, for tests alone, what ARGV[1] begins with.
-- After that it has a line for each calendar that is needed (see calendars.lua).
local now = ARGV[1] ~= '' and tonumber(string.match(ARGV[1], '^%d+'))
-- Then keys expire by another clock than the one that counts, and are kept for an hour more than they need to be.
local spare_ms = now and 3600000
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
