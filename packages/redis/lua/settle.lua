--[[
Replaces what a reservation charged by what was used, once: the first settlement sets its bit for as long as a reservation lives. Slots
come free in any case; a lease needs no bit. The same settlement may be sent again: it then changes nothing.

KEYS  The page of settlements; then the bucket of each entry on a bucket, the record beside the parent of each of these that is on a
      guaranteed share, and the slots of each on slots.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     The lifetime of a reservation in milliseconds.
      3     When it was charged, or renewed last, in microseconds since 1970.
      4     Its bit in the page.
      5     How many entries are on buckets.
      then  For each of these: its terms; its units; when they were charged, microseconds since 1970, with a slash and the
            epoch of the bucket then, if it had any (see epoch.lua); the units used.
      then  For each entry on slots its lease.
Reply 1 if this was the first settlement and in time, -1 if it came too late, else 0; then for each entry on a bucket the units that could
      not be charged.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include slots.lua
--include settlement.lua
--include settlements.lua

local values = redis.call('MGET', unpack(KEYS))
local lifetime_ms, since, bit, count = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local slots_alone = count == 0 and #KEYS > 1
local last_key = 1 + count
local outcome = 0
if not slots_alone and not is_settled(values[1], bit) then outcome = is_too_late(since, lifetime_ms) and -1 or 1 end

local buckets, reply = {}, {}
local function open(at)
  buckets[KEYS[at]] = buckets[KEYS[at]] or read_bucket(KEYS[at], values[at])
  return buckets[KEYS[at]]
end

local function settle_guarantee(...)
  --include guarantees.lua
  --include settling-guarantees.lua
  settle_guaranteed(...)
end

for i = 1, count do
  local arg = 4 * i + 1
  local guarantees = byte(ARGV[arg + 1]) == 113
  if guarantees then last_key = last_key + 1 end
  if outcome == 1 then
    local terms, units, actual = terms_of_text(ARGV[arg + 1]), tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 4])
    local at, epoch = time_and_epoch(ARGV[arg + 3])
    if guarantees then
      settle_guarantee(open(i + 1), open(last_key), terms, units, at, epoch, actual)
      reply[i + 1] = 0
    else
      reply[i + 1] = exact(settle_charge(open(i + 1), terms, units, at, epoch, actual))
    end
  end
end
if outcome == 1 then mark_settled(KEYS[1], bit, lifetime_ms) end
write_buckets(buckets)
for i = 1, #KEYS - last_key do
  local held = release_slot(KEYS[last_key + i], ARGV[5 + 4 * count + i])
  if slots_alone and held then outcome = 1 end
end
reply[1] = outcome
return reply
