--[[
Gives units back, whatever was charged: at most to full, and nothing to a bucket that is as good as never used.

KEYS  The buckets; then the records beside the parents of those on guaranteed shares.
ARGV  1   The clock and the calendars; see clock.lua. Mostly empty.
      2.. For each bucket the units, and which key is its record, or 0.
Reply 1.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include settlement.lua
--include guarantees.lua

local values = redis.call('MGET', unpack(KEYS))
local buckets = {}
for i, key in ipairs(KEYS) do buckets[key] = buckets[key] or read_bucket(key, values[i]) end

for i = 1, (#ARGV - 1) / 2 do
  local bucket, units, pool = buckets[KEYS[i]], tonumber(ARGV[2 * i]), buckets[KEYS[tonumber(ARGV[2 * i + 1])]]
  local terms = live_terms(bucket)
  if terms then
    local unmet, asked = counted_in(bucket, terms)
    put_both(bucket, terms, function(used, last, carried)
      local missing = terms.algorithm.missing(used, last, carried, terms)
      local amount = units > floor_div(missing, terms.scale) and missing or units * terms.scale
      return terms.algorithm.give_back(used, last, carried, amount, terms)
    end)
    if pool and terms.kind == 'q' then recount(pool, terms, unmet, asked, bucket) end
  end
end
write_buckets(buckets)
return 1
