--[[
Gives units back, whatever was charged: at most to full, and nothing to a bucket that is as good as never used.

KEYS  The buckets.
ARGV  1   The clock and the calendars; see clock.lua. Mostly empty.
      2.. For each bucket the units.
Reply 1.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include settlement.lua

local values = redis.call('MGET', unpack(KEYS))
local buckets = {}
for i, key in ipairs(KEYS) do
  local bucket, units = read_bucket(key, values[i]), tonumber(ARGV[i + 1])
  local terms = live_terms(bucket)
  if terms then
    local used, last, carried = advanced(bucket, terms)
    local missing = terms.algorithm.missing(used, last, carried, terms)
    local amount = units > floor_div(missing, terms.scale) and missing or units * terms.scale
    put(bucket, terms, terms.algorithm.give_back(used, last, carried, amount, terms))
  end
  buckets[i] = bucket
end
write_buckets(buckets)
return 1
