-- Returns units, whatever was charged: at most until a bucket is full, and none to a bucket that has expired.
--
-- KEYS  The buckets; the records of the parents of those on guaranteed shares; and last the list of generations.
-- ARGV  1    The clock and the calendars (see clock.lua).
--       2..  For each bucket the units, and which key is its record, or 0.
-- Reply 1.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include expired.lua
--include settlement.lua
--include ../src/kinds/guaranteed-shares.lua

local values = redis.call('MGET', unpack(KEYS))
local buckets = {}
for i, key in ipairs(KEYS) do buckets[key] = buckets[key] or read_bucket(key, values[i]) end

for i = 1, (#ARGV - 1) / 2 do
  local bucket, units, record = buckets[KEYS[i]], tonumber(ARGV[2 * i]), buckets[KEYS[tonumber(ARGV[2 * i + 1])]]
  local terms = live_terms(bucket)
  if terms then
    local unused, next_units = counted_in(bucket, terms)
    put_both(bucket, terms, function(used, last, carried)
      local missing = terms.algorithm.missing(used, last, carried, terms)
      local amount = units > floor_div(missing, terms.scale) and missing or units * terms.scale
      return terms.algorithm.give_back(used, last, carried, amount, terms)
    end)
    if record and terms.algorithm.has_parent then recount(record, terms, unused, next_units, bucket) end
  end
end
write_buckets(buckets)
return 1
