--[[
Refuses a key for a while whatever its bucket says, or lifts that.

KEYS  The bucket.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
      2  For how long, in milliseconds; 0 lifts it.
Reply 1.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua

local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
bucket.terms = bucket.used and parse_terms(bucket.text)
if not bucket.terms then bucket.used = nil end
local duration_ms = tonumber(ARGV[2])
bucket.until_us = duration_ms > 0 and now + duration_ms * 1000 or 0
write_bucket(bucket)
return 1
