--[[
Reads a bucket and changes nothing.

KEYS  The bucket.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
Reply Now; microseconds for which the key is blocked; then, where there is a bucket, used, last, carried, and the text of its terms.
]]
--include clock.lua
--include whole-number.lua
--include bucket-value.lua

local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
local reply = { now, math.max(0, bucket.until_us - now) }
if bucket.used then
  reply[3], reply[4], reply[5], reply[6] = exact(bucket.used), bucket.last, bucket.carried, bucket.text
end
return reply
