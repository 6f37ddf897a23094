-- Decides one call of a request that was charged in earlier stages. A refusal also describes the limits as if these were given back.
-- It gives nothing back itself: it may come too late, when the request was admitted without Redis.
-- For the same reason a refusal changes no bucket that an earlier stage holds, not even its rule: a reservation returns nothing after that.
--
-- KEYS  The keys of the call (see calls.lua). Then for each hold its page of settlements, and the keys of its entries as those of a call.
--       Last the list of generations.
-- ARGV  1    The clock and the calendars (see clock.lua).
--       2    The number of different terms.
--       3..  These terms.
--       The number of keys of the call, and the call (see calls.lua).
--       For each hold: its lifetime, its start and its bit (see settle.lua); and its entries, as a call that peeks for their units.
--       For each entry: when it was charged, in microseconds since 1970, with a slash and the epoch of the bucket if there was one.
--       For each entry on slots: its lease.
-- Reply Now. 1 if the call is allowed, else 0. A row for each charge (see add_row in calls.lua).
--       Only if it is refused: for each hold 0 if it was settled before; else 1, and a row for each entry.
--       The rows of a refusal describe the buckets after that. They also say whether the buckets would admit the same request again,
--       together with the units that were given back.
--include clock.lua
--include general-path.lua
--include expired.lua
--include settlement.lua
--include ../src/kinds/settlements.lua
--include settlement-pages.lua

local arg = first_call
local key = tonumber(ARGV[arg]) + 1
for i = key, #KEYS - 1 do buckets[KEYS[i]].held = true end
local call = open_call(ARGV[arg + 1], 1, arg + 2)
reply[2] = 0
local allowed = decide(call)
if allowed then reply[2] = 1 end
arg = arg + 2 + call.arg_count

-- Reads what a hold has after its call: when each entry was charged, and the leases. Returns how many arguments that is.
local function read_entries(hold, first_arg)
  local charges, count = hold.call.charges, #hold.call.charges
  for i, charge in ipairs(charges) do
    local entry = { terms = charge.call_terms, units = charge.cost, actual = 0, charge = charge }
    entry.at, entry.epoch = read_time(ARGV[first_arg + i - 1])
    hold.entries[i] = entry
    if entry.terms.algorithm.takes_lease then
      entry.lease = ARGV[first_arg + count]
      count = count + 1
    end
  end
  return count
end

-- Whether a hold can be given back: it is not settled, and not too old. A hold of slots alone is open while it holds any.
local function is_open(hold, page)
  local slots_alone, any_held = #hold.entries > 0, false
  for _, entry in ipairs(hold.entries) do
    if entry.lease then
      any_held = any_held or charge_of(CONCURRENCY).is_held(entry.charge.key_beside, entry.lease)
    else
      slots_alone = false
    end
  end
  if slots_alone then return any_held end
  return not is_settled(page, hold.bit) and not is_too_late(hold.since, hold.lifetime_ms)
end

local holds = {}
while arg <= #ARGV do
  local hold = { lifetime_ms = tonumber(ARGV[arg]), since = tonumber(ARGV[arg + 1]), bit = tonumber(ARGV[arg + 2]), entries = {} }
  hold.call = open_call(ARGV[arg + 3], key + 1, arg + 4)
  arg = arg + 4 + hold.call.arg_count
  arg = arg + read_entries(hold, arg)
  hold.open = is_open(hold, values[key])
  key = key + 1 + hold.call.key_count
  holds[#holds + 1] = hold
end

-- Gives back all open holds in the tables of this script alone. Returns the units by bucket.
local function give_back_here()
  local returned = {}
  for _, hold in ipairs(holds) do
    for _, entry in ipairs(hold.open and hold.entries or {}) do
      local bucket, charge = entry.charge.bucket, entry.charge
      returned[bucket] = (returned[bucket] or 0) + entry.units
      if not entry.terms.algorithm.has_parent then
        if not entry.lease then settle_charge(bucket, entry) end
      elseif charge.parent then
        -- A guaranteed share whose parent was not charged with it was not charged either.
        settlement_of(entry.terms.kind)(bucket, buckets[charge.key_beside], entry)
      end
    end
  end
  for _, hold in ipairs(holds) do
    for _, entry in ipairs(hold.entries) do
      if entry.lease then charge_of(CONCURRENCY).leave_out(entry.charge.key_beside, entry.lease) end
    end
  end
  return returned
end

-- What even a refusal keeps is written first.
write_everything()
if allowed then return reply end

local returned = give_back_here()
for i = #reply, 3, -1 do reply[i] = nil end
call.action = PEEK
for _, charge in ipairs(call.charges) do charge.cost = charge.cost + (returned[charge.bucket] or 0) end
decide(call)
for _, hold in ipairs(holds) do
  reply[#reply + 1] = hold.open and 1 or 0
  if hold.open then decide(hold.call) end
end
return reply
