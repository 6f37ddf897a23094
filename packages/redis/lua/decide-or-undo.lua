--[[
Decides one call, and if it is refused gives back, in the same step, what earlier stages of the request hold.

KEYS  The bucket of each charge, outermost limit first, and the slots of each that is on slots; then for each hold its marker, the bucket
      of each of its entries, and the slots of those that are slots.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     How many different terms there are.
      3..   These terms.
      then  The call: its word (see deciding.lua), for each charge its cost in units, and a name for its leases if any is on slots.
      then  The lifetime of a hold in milliseconds; and for each hold its entries as the word of a peek, for each of them its units
            and when they were charged, in microseconds since the epoch, and for each that is a slot its lease.
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
local first_cost = at + 2
local allowed, call_keys, call_args = decide(word, 1, first_cost)
local call_charges = (#word - 2) / 2
reply[2] = allowed and 1 or 0

-- The entries of a hold, each with its bucket and its units; one of slots also with these and its lease.
local function entries_of(hold_word, first_key, first_arg)
  local entries, count, on_slots = {}, (#hold_word - 2) / 2, 0
  for i = 1, count do
    local entry = { bucket = buckets[KEYS[first_key + i]], units = tonumber(ARGV[first_arg + 2 * i - 1]), at = tonumber(ARGV[first_arg + 2 * i]) }
    if not terms_of(hold_word, i).algorithm then
      on_slots = on_slots + 1
      entry.slots, entry.lease = KEYS[first_key + count + on_slots], ARGV[first_arg + 2 * count + on_slots]
    end
    entries[i] = entry
  end
  return entries, count + on_slots, 2 * count + on_slots
end

-- Whether something can be given back: no settlement has left its marker, and the hold is young enough. One of slots alone leaves none, and
-- is open while it holds any.
local lifetime_ms = tonumber(ARGV[first_cost + call_args])
local function is_open(entries, marker)
  local slots_alone, any_held = #entries > 0, false
  for _, entry in ipairs(entries) do
    if entry.slots then
      any_held = any_held or slots().is_held(entry.slots, entry.lease)
    else
      slots_alone = false
      if now - entry.at > lifetime_ms * 1000 then return false end
    end
  end
  if slots_alone then return any_held, false end
  return not marker, true
end

local holds, key, arg = {}, call_keys + 1, first_cost + call_args + 1
while arg <= #ARGV do
  local entries, keys, args = entries_of(ARGV[arg], key, arg)
  local open, leaves_marker = is_open(entries, values[key])
  holds[#holds + 1] = { word = ARGV[arg], entries = entries, marker = leaves_marker and KEYS[key], open = open }
  key, arg = key + 1 + keys, arg + 1 + args
end

-- Units first, and then slots: what may yet turn out to lack a calendar must not have written anything.
local again = {}
local function give_back()
  for _, hold in ipairs(holds) do
    for i, entry in ipairs(hold.open and hold.entries or {}) do
      again[entry.bucket] = (again[entry.bucket] or 0) + entry.units
      if not entry.slots then settle_charge(entry.bucket, terms_of(hold.word, i), entry.units, entry.at, 0) end
    end
  end
  for _, hold in ipairs(holds) do
    for _, entry in ipairs(hold.entries) do
      if entry.slots then slots().release(entry.slots, entry.lease) end
    end
  end
end

-- How a bucket or its slots stand, and whether they would admit a cost.
local function look(bucket, slots_key, of_word, i, cost)
  if slots_key then return slots().apply(bucket, slots().at(slots_key), of_word, i, cost, false) end
  apply(bucket, of_word, i, cost, false)
end

if not allowed then
  give_back()
  size = 2
  local peek, on_slots = 'p' .. string.sub(word, 2), 0
  for i = 1, call_charges do
    local bucket, slots_key = buckets[KEYS[i]], nil
    if not terms_of(word, i).algorithm then
      on_slots = on_slots + 1
      slots_key = KEYS[call_charges + on_slots]
    end
    look(bucket, slots_key, peek, i, tonumber(ARGV[first_cost + i - 1]) + (again[bucket] or 0))
  end
  for _, hold in ipairs(holds) do
    size = size + 1
    reply[size] = hold.open and 1 or 0
    for i, entry in ipairs(hold.open and hold.entries or {}) do look(entry.bucket, entry.slots, hold.word, i, entry.units) end
    if hold.open and hold.marker then redis.call('SET', hold.marker, '', 'PX', lifetime_ms) end
  end
end
write_everything()
return reply
