--[[
Reads a bucket and slots, and changes nothing.

KEYS  The bucket; the slots.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
Reply Now; microseconds for which the key is blocked; how many slots are held, when the first and the last of them end, and the text of
      their terms, empty where none is held; then, where there is a bucket, used, last, carried, and the text of its terms; and where part
      of what was used is forgiven, used, last and carried of the uncapped state.
]]
--include clock.lua
--include algorithms.lua
--include bucket-value.lua
--include terms.lua
--include slots.lua

local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
local slots = read_slots(KEYS[2])
local reply = { now, math.max(0, bucket.until_us - now), slots.held, slots.first_end, slots.last_end, slots.text or '' }
if bucket.used then
  reply[7], reply[8], reply[9], reply[10] = exact(bucket.used), bucket.last, bucket.carried, bucket.text
  local beside = bucket.uncapped
  if beside then reply[11], reply[12], reply[13] = exact(beside.used), beside.last, beside.carried end
end
return reply
