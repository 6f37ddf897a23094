--[[
Decides one call, and if it is refused gives back, in the same step, what earlier stages of the request hold.

KEYS  The bucket of each charge, outermost limit first; then for each hold its marker and the bucket of each of its entries.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     How many different terms there are.
      3..   These terms.
      then  The call: its word (see deciding.lua), and for each charge its cost in units.
      then  The lifetime of a hold in milliseconds; and for each hold its entries as the word of a peek, and for each of them its units
            and when they were charged, in microseconds since the epoch.
Reply Now; 1 if allowed, else 0; for each charge a row (see deciding.lua); and where refused, for each hold 1 if it was given back, with
      a row for each entry, or 0 if it had been settled before. The rows say how the buckets stand after all that, and whether they
      would admit the same request again, for which what was given back is asked once more.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include under-terms.lua
--include deciding.lua
--include settlement.lua

size = 2
local word = ARGV[at + 1]
local allowed, count = decide(word, 1, at + 2)
reply[2] = allowed and 1 or 0

-- Where the parts of each hold are, and whether it is open.
local lifetime_ms = tonumber(ARGV[at + 2 + count])
local holds, arg, key = {}, at + 3 + count, count + 1
while arg <= #ARGV do
  local entries = (#ARGV[arg] - 2) / 2
  local charged_at = tonumber(ARGV[arg + 2]) or now
  local open = not values[key] and now - charged_at <= lifetime_ms * 1000
  holds[#holds + 1] = { word = ARGV[arg], entries = entries, arg = arg, key = key, open = open }
  arg, key = arg + 1 + 2 * entries, key + 1 + entries
end

if not allowed then
  local again = {}
  for _, hold in ipairs(holds) do
    for i = 1, hold.open and hold.entries or 0 do
      local bucket, units = buckets[KEYS[hold.key + i]], tonumber(ARGV[hold.arg + 2 * i - 1])
      again[bucket] = (again[bucket] or 0) + units
      settle_charge(bucket, terms_of(hold.word, i), units, tonumber(ARGV[hold.arg + 2 * i]), 0)
    end
  end
  size = 2
  for i = 1, count do
    local bucket = buckets[KEYS[i]]
    apply(bucket, 'p' .. string.sub(word, 2), i, tonumber(ARGV[at + 1 + i]) + (again[bucket] or 0), false)
  end
  for _, hold in ipairs(holds) do
    size = size + 1
    reply[size] = hold.open and 1 or 0
    for i = 1, hold.open and hold.entries or 0 do
      apply(buckets[KEYS[hold.key + i]], hold.word, i, tonumber(ARGV[hold.arg + 2 * i - 1]), false)
    end
    if hold.open then redis.call('SET', KEYS[hold.key], '', 'PX', lifetime_ms) end
  end
end
write_buckets(buckets)
return reply
