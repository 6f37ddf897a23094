-- Forgets a key: its bucket with its block, its slots, and its bans.
-- If reservations could return units to the bucket, a new epoch is kept for as long as the bucket would have been kept.
--
-- KEYS  The bucket. The slots. The buckets of the bans. The list of blocked keys, if it is in the same slot. The list of generations.
-- ARGV  1  The clock and the calendars (see clock.lua).
--       2  The key as it is listed; absent if the list is in another slot.
-- Reply 1.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include expired.lua
--include blocked-list.lua

local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
local terms = bucket.used and parse_terms(bucket.text)
delete_blocks(bucket)
local epoch = bucket.epoch
if terms and not has_expired(bucket, terms) then epoch = next_epoch(bucket, terms) end
write_bucket({ key = KEYS[1], carried = 0, until_us = 0, epoch = epoch, mark = bucket.mark })
for i = 2, #KEYS - (ARGV[2] and 2 or 1) do redis.call('DEL', KEYS[i]) end
if ARGV[2] then list_blocked(KEYS[#KEYS - 1], ARGV[2], 0) end
return 1
