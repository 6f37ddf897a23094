--[[
Decides one call. If it is refused, says how everything would stand if what earlier stages of the request hold had been given back. It gives
nothing back itself: a refusal that comes too late, when the request was admitted without Redis, must leave the earlier stages as they are.
For the same reason a refusal changes no bucket that an earlier stage holds, not even its rule: a reservation returns nothing after that.

KEYS  Those of the call (see decide.lua); then for each hold its page of settlements, and the keys of its entries as if these were the
      charges of a call.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     How many different terms there are.
      3..   These terms.
      then  How many keys the call has; and the call, as in decide.lua.
      then  For each hold its lifetime, its age and its bit, as in settle.lua; its entries as the call of a peek for what they hold; for
            each of them when it was charged, in microseconds since 1970, with a slash and the epoch of the bucket then, if it had
            any (see epoch.lua); and for each that is a slot its lease.
Reply Now; 1 if allowed, else 0; for each charge a row (see deciding.lua); and where refused, for each hold 1 if it can be given back,
      with a row for each entry, or 0 if it had been settled before. The rows say how the buckets would stand after that, and whether
      they would admit the same request again, for which what was given back is asked once more.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include under-terms.lua
--include deciding.lua
--include settlement.lua
--include settlements.lua

size = 2
local call_keys, word, first_cost = tonumber(ARGV[at + 1]), ARGV[at + 2], at + 3
for i = call_keys + 1, #KEYS do buckets[KEYS[i]].held = true end
local allowed, _, call_args = decide(word, 1, first_cost)
reply[2] = allowed and 1 or 0

-- The entries of a hold, each with its bucket and its units; one of slots also with these and its lease, and one of a guaranteed share whose
-- parent was charged with its record. Returns how many keys and arguments the hold has besides its page and its word.
local function entries_of(hold_word, first_key, first_arg)
  local entries, count = {}, (#hold_word - 2) / 2
  local keys, args = count, count
  for i = 1, count do
    local terms = terms_of(hold_word, i)
    entries[i] = { bucket = buckets[KEYS[first_key + i - 1]], units = tonumber(ARGV[first_arg + i - 1]) }
    if not terms.algorithm then
      entries[i].slots, keys, args = KEYS[first_key + keys], keys + 1, count + 1
    elseif terms.kind == 'q' then
      entries[i].pool, keys = buckets[KEYS[first_key + keys]], keys + 1
    end
  end
  for _, entry in ipairs(entries) do
    if entry.pool then
      entry.orphan, args = ARGV[first_arg + args] == '0', args + 1
    end
  end
  for _, entry in ipairs(entries) do
    entry.at, entry.epoch = time_and_epoch(ARGV[first_arg + args])
    args = args + 1
  end
  for _, entry in ipairs(entries) do
    if entry.slots then
      entry.lease, args = ARGV[first_arg + args], args + 1
    end
  end
  return entries, keys, args
end

-- Whether something can be given back: nothing was settled yet, and the hold is young enough. A hold of slots alone is open while it holds
-- any.
local function is_open(entries, page, lifetime_ms, since, bit)
  local slots_alone, any_held = #entries > 0, false
  for _, entry in ipairs(entries) do
    if entry.slots then
      any_held = any_held or slots().is_held(entry.slots, entry.lease)
    else
      slots_alone = false
    end
  end
  if slots_alone then return any_held end
  return not is_settled(page, bit) and not is_too_late(since, lifetime_ms)
end

local holds, key, arg = {}, call_keys + 1, first_cost + call_args
while arg <= #ARGV do
  local lifetime_ms, since, bit = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  arg = arg + 3
  local entries, keys, args = entries_of(ARGV[arg], key + 1, arg + 1)
  local open = is_open(entries, values[key], lifetime_ms, since, bit)
  holds[#holds + 1] = { word = ARGV[arg], key = key, arg = arg, entries = entries, open = open }
  key, arg = key + 1 + keys, arg + 1 + args
end

local function settle_guarantee(...)
  --include guarantees.lua
  --include settling-guarantees.lua
  settle_guaranteed(...)
end

-- As if everything had been given back, in the tables of this script alone.
local again = {}
local function as_if_given_back()
  for _, hold in ipairs(holds) do
    for i, entry in ipairs(hold.open and hold.entries or {}) do
      again[entry.bucket] = (again[entry.bucket] or 0) + entry.units
      local terms = terms_of(hold.word, i)
      if entry.pool then
        if not entry.orphan then settle_guarantee(entry.bucket, entry.pool, terms, entry.units, entry.at, entry.epoch, 0) end
      elseif not entry.slots then
        settle_charge(entry.bucket, terms, entry.units, entry.at, entry.epoch, 0)
      end
    end
  end
  for _, hold in ipairs(holds) do
    for _, entry in ipairs(hold.entries) do
      if entry.slots then slots().leave_out(entry.slots, entry.lease) end
    end
  end
end

-- What even a refusal keeps is written before that.
write_everything()
if not allowed then
  as_if_given_back()
  size = 2
  for i = 1, (#word - 2) / 2 do
    local cost = first_cost + i - 1
    ARGV[cost] = ARGV[cost] + (again[buckets[KEYS[i]]] or 0)
  end
  decide('p' .. string.sub(word, 2), 1, first_cost)
  for _, hold in ipairs(holds) do
    size = size + 1
    reply[size] = hold.open and 1 or 0
    if hold.open then decide(hold.word, hold.key + 1, hold.arg + 1) end
  end
end
return reply
