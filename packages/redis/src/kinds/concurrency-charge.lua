-- A charge on the slots of a key: what bucket-charge.lua is for buckets.
-- Makes: charge of #.
-- Expects: now, algorithm_of, parse_terms, blocked_us_of, add_row.
local slots, seen = algorithm_of(CONCURRENCY).make_slots(parse_terms), {}

-- The slots of a key, read when they are first needed.
local function slots_of(key)
  if not seen[key] then seen[key] = slots.read(key) end
  return seen[key]
end

-- When the first of some leases ends that is not left out.
local function first_of(leases, left_out)
  for i = 1, #leases, 2 do
    if not left_out[leases[i]] then return tonumber(leases[i + 1]) end
  end
end

local kind = { is_held = slots.is_held }

-- Takes a slot if the call is allowed, reserves, and holds none already.
local function apply(call, charge, allowed)
  local found = charge.slots
  if allowed and charge.passes and charge.cost > 0 and call.action == RESERVE then slots.take(found, charge.terms, call.lease_name) end
  add_row(charge, found.held, found.first_end, found.last_end)
end

-- Fills in what a charge finds. The terms of the latest version decide.
function kind.step(_, charge)
  local found, terms, cost, bucket = slots_of(charge.key_beside), charge.call_terms, charge.cost, charge.bucket
  local held_under = found.held > 0 and found.terms or terms
  if held_under.version == terms.version and held_under.text ~= terms.text then charge.replaced = held_under.text end
  if held_under.version > terms.version then terms = held_under end
  local admits, blocked_us = cost == 0 or found.held + cost <= terms.capacity, blocked_us_of(bucket, cost)
  charge.terms, charge.admits, charge.blocked_us, charge.passes = terms, admits, blocked_us, admits and blocked_us == 0
  charge.slots, charge.revision, charge.apply = found, bucket.revision, apply
end

-- Leaves a lease out, as if it had been given back. Nothing is written.
function kind.leave_out(key, lease)
  local found = slots_of(key)
  local left_out = found.left_out or {}
  if found.held == 0 or left_out[lease] or not slots.is_held(key, lease) then return end
  found.left_out, left_out[lease] = left_out, true
  found.count_out = (found.count_out or 0) + 1
  found.held = found.held - 1
  if found.held == 0 then
    found.first_end, found.last_end, found.terms, found.text = now, now, nil, nil
    return
  end
  local earliest = redis.call('ZRANGE', key, 0, found.count_out, 'WITHSCORES')
  local latest = redis.call('ZRANGE', key, '+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', 1, found.count_out + 1, 'WITHSCORES')
  found.first_end, found.last_end = first_of(earliest, left_out), first_of(latest, left_out)
end

function kind.write()
  for _, found in pairs(seen) do slots.write(found) end
end

return kind
