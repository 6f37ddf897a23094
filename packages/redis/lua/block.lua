--[[
Refuses a key for a while whatever its bucket says, or lifts that, and then forgets what bans know of the key.

KEYS  The bucket; what bans know of the key; and last, where it is in reach, the list of who is blocked.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
      2  For how long, in milliseconds; 0 lifts it.
      3  The key as it is listed; absent where the list is not in reach.
Reply 1.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include blocking.lua

local duration_ms, name = tonumber(ARGV[2]), ARGV[3]
local list = name and KEYS[#KEYS]
local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
block_until(bucket, duration_ms > 0 and now + duration_ms * 1000 or 0, list, name)
if duration_ms == 0 then
  for i = 2, #KEYS - (list and 1 or 0) do redis.call('DEL', KEYS[i]) end
end
return 1
