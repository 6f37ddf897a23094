-- Replaces what a reservation charged by what was used. The first settlement sets a bit; it counts, and others change nothing.
-- So a settlement may be sent again. Slots become free in any case: a lease needs no bit.
--
-- KEYS  The page of settlements. Then the bucket of each entry on a bucket. Then the record of the parent of each entry on a guaranteed
--       share. Then the slots of each entry on slots. Last the list of generations.
-- ARGV  1  The clock and the calendars (see clock.lua).
--       2  The lifetime of a reservation, in milliseconds.
--       3  When it was charged, or last renewed, in microseconds since 1970.
--       4  Its bit in the page.
--       5  The number of entries on buckets.
--       For each of these four arguments: its terms, its units, when they were charged, and the units used. The time is microseconds
--       since 1970, with a slash and the epoch of the bucket if there was one.
--       For each entry on slots: its lease.
-- Reply 1 for the first settlement, if it is in time; -1 if it came too late; else 0. Then for each entry on a bucket the units that could
--       not be charged.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include expired.lua
--include settlement.lua
--include ../src/kinds/settlements.lua
--include settlement-pages.lua

local values = redis.call('MGET', unpack(KEYS))
local lifetime_ms, since, bit, count = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local last_slots = #KEYS - 1
local slots_alone = count == 0 and last_slots > 1
local last_key = 1 + count
local outcome = 0
if not slots_alone and not is_settled(values[1], bit) then outcome = is_too_late(since, lifetime_ms) and -1 or 1 end

local buckets, reply = {}, {}
local function bucket_at(i)
  buckets[KEYS[i]] = buckets[KEYS[i]] or read_bucket(KEYS[i], values[i])
  return buckets[KEYS[i]]
end

for i = 1, count do
  local arg = 4 * i + 2
  local charge = { terms = terms_of_text(ARGV[arg]), units = tonumber(ARGV[arg + 1]), actual = tonumber(ARGV[arg + 3]) }
  charge.at, charge.epoch = read_time(ARGV[arg + 2])
  local settle_beside = charge.terms.algorithm.has_parent and settlement_of(charge.terms.kind)
  if settle_beside then last_key = last_key + 1 end
  if outcome == 1 and settle_beside then
    settle_beside(bucket_at(i + 1), bucket_at(last_key), charge)
    reply[i + 1] = 0
  elseif outcome == 1 then
    reply[i + 1] = reply_number(settle_charge(bucket_at(i + 1), charge))
  end
end
write_new_blocks(buckets)
if outcome == 1 then mark_settled(KEYS[1], bit, lifetime_ms) end
write_buckets(buckets)
if last_key < last_slots then
  local slots = algorithm_of(CONCURRENCY).make_slots(parse_terms)
  for i = 1, last_slots - last_key do
    local was_held = slots.release(KEYS[last_key + i], ARGV[5 + 4 * count + i])
    if slots_alone and was_held then outcome = 1 end
  end
end
reply[1] = outcome
return reply
