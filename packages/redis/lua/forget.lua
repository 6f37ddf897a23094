--[[
Forgets a key: its bucket with its block, its slots, and what bans know of it. Of a bucket to which reservations could return units only a
new epoch is kept, for as long as the bucket would have been.

KEYS  The bucket; the slots; what bans know; and last, where it is in reach, the list of who is blocked.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
      2  The key as it is listed; absent where the list is not in reach.
Reply 1.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include lapsed.lua
--include epoch.lua
--include blocked-list.lua

local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
local terms = bucket.used and parse_terms(bucket.text)
local epoch = bucket.epoch
if terms and not has_lapsed(bucket, terms) then epoch = next_epoch(bucket, terms) end
write_bucket({ key = KEYS[1], carried = 0, until_us = 0, epoch = epoch })
for i = 2, #KEYS - (ARGV[2] and 1 or 0) do redis.call('DEL', KEYS[i]) end
if ARGV[2] then list_blocked(KEYS[#KEYS], ARGV[2], 0) end
return 1
