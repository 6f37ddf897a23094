-- Refuses a key for a while, whatever its bucket says; or unblocks it, and then also clears its bans.
--
-- KEYS  The bucket. The buckets of the bans of the key. The list of blocked keys, if it is in the same slot. The list of generations.
-- ARGV  1  The clock and the calendars (see clock.lua).
--       2  For how long, in milliseconds; 0 unblocks the key.
--       3  The key as it is listed; absent if the list is in another slot.
-- Reply 1.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include blocking.lua

local duration_ms, name = tonumber(ARGV[2]), ARGV[3]
local list = name and KEYS[#KEYS - 1]
local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
block_until(bucket, duration_ms > 0 and now + duration_ms * 1000 or 0, list, name)
if duration_ms == 0 then
  for i = 2, #KEYS - (list and 2 or 1) do redis.call('DEL', KEYS[i]) end
end
return 1
