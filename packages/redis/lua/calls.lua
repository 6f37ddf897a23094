-- The calls of a request: what they ask, and the rows that answer them.
-- Expects: now, floor, byte, parse_terms, read_bucket, reply_number.
-- Gives: first_call, buckets, reply, values, open_call, is_shadow, pays, blocked_us_of, add_row.
--
-- ARGV has the number of different terms, these terms, and then the calls. A call is an opcode, and the cost of each charge in units.
-- The first letter of an opcode is the action: c(onsume), p(eek), r(eserve), or u for a partial grant (see partial-grant.lua).
-- The second letter is what a bucket keeps when its rule changes: u(sed), r(emaining), p(roportion), or f for nothing.
-- For each charge two digits follow. They say which of the terms it has, and how it is charged (see constants.lua).
-- After the costs stands a name for the leases, if any charge takes one. Then follows for each charge on a guaranteed share which charge of
-- the call is that of its parent: from 1 on, or 0 for none.
-- The keys of a call are the bucket of each charge. The keys beside follow in the same order. A charge on slots
-- has the key of its slots. A charge on a guaranteed share has the key of the record of its parent.

-- Where the arguments of the calls begin: the number of terms stands in ARGV[2].
local first_call = ARGV[2] + 3
local all_terms = { unpack(ARGV, 3, first_call - 1) }
for i, text in ipairs(all_terms) do all_terms[i] = parse_terms(text) end
local buckets, reply, values = {}, { now }, redis.call('MGET', unpack(KEYS))
for i, key in ipairs(KEYS) do buckets[key] = buckets[key] or read_bucket(key, values[i]) end

-- A call whose keys and costs begin at these places. `key_count` and `arg_count` are how many keys it has, and how many arguments after
-- its opcode. A charge has what the call asks, and then what it finds (see bucket_step in bucket-charge.lua).
local function open_call(opcode, first_key, first_cost)
  local count = #opcode / 2 - 1
  local charges = { unpack(KEYS, first_key, first_key + count - 1) }
  local call = { action = byte(opcode), keeps = byte(opcode, 2), charges = charges, key_count = count, arg_count = count, lease_name = nil }
  local has_parents = false
  for i = 1, count do
    local first, second = byte(opcode, 2 * i + 1, 2 * i + 2)
    local call_terms = all_terms[second - ZERO + 1 + floor((first - ZERO) / MODES) * TERMS_PER_PAGE]
    local charge = {
      call_terms = call_terms,
      bucket = buckets[charges[i]],
      cost = tonumber(ARGV[first_cost + i - 1]),
      mode = first - ZERO,
      apply = nil,
      terms = nil,
      admits = nil,
      blocked_us = nil,
      passes = nil,
      keeps = nil,
      used = nil,
      last = nil,
      carried = nil,
      uncapped = nil,
      epoch = nil,
      revision = nil,
    }
    charges[i] = charge
    local algorithm = call_terms.algorithm
    if algorithm.has_key_beside then
      charge.key_beside = KEYS[first_key + call.key_count]
      call.key_count, has_parents = call.key_count + 1, has_parents or algorithm.has_parent
      if algorithm.takes_lease then call.lease_name, call.arg_count = ARGV[first_cost + count], count + 1 end
    end
  end
  for i = 1, has_parents and count or 0 do
    if charges[i].call_terms.algorithm.has_parent then
      charges[i].parent = charges[tonumber(ARGV[first_cost + call.arg_count])]
      call.arg_count = call.arg_count + 1
    end
  end
  return call
end

-- Whether a charge is that of a shadow limit.
local function is_shadow(charge)
  return charge.mode % 2 == 1
end

-- Whether a call charges this cost at once if it is allowed.
local function pays(call, charge)
  return call.action == CONSUME or (call.action == RESERVE and charge.mode % MODES < PAID_AT_SETTLEMENT)
end

local function blocked_us_of(bucket, cost)
  return cost > 0 and bucket.until_us > now and bucket.until_us - now or 0
end

-- Adds the row of a charge to the reply: a code, and the units used. The code is 1 if the cost is admitted, plus the values of what
-- follows. Only what the caller does not expect follows. That is last, unless it is now; and carried, a number or a summary of a log, unless it is 0.
-- Then the microseconds for which the key is blocked; and the terms, unless they are those of the call.
-- Then the epoch, where changes of the bucket matter; and the terms that the bucket had, if the call brings another rule of one version.
-- A guaranteed share that refuses also has the microseconds until it admits the cost, or -1.
-- Slots have how many are held in place of used, and when the first and the last of them end in place of last and carried.
local function add_row(charge, used, last, carried)
  local at = #reply + 1
  local code, top, terms = charge.admits and 1 or 0, at + 1, charge.terms
  if type(carried) == 'table' then carried = terms.algorithm.summary(used, carried, charge.cost, terms) end
  reply[at], reply[top] = code, reply_number(used)
  if last ~= now then code, top = code + ROW_LAST, top + 1; reply[top] = last end
  if carried ~= 0 then code, top = code + ROW_CARRIED, top + 1; reply[top] = carried end
  if charge.blocked_us > 0 then code, top = code + ROW_BLOCKED, top + 1; reply[top] = charge.blocked_us end
  if terms ~= charge.call_terms then code, top = code + ROW_TERMS, top + 1; reply[top] = terms.text end
  if charge.retry_us then code, top = code + ROW_RETRY, top + 1; reply[top] = charge.retry_us end
  if charge.epoch then code, top = code + ROW_EPOCH, top + 1; reply[top] = charge.epoch end
  if charge.replaced then code, top = code + ROW_REPLACED, top + 1; reply[top] = charge.replaced end
  reply[at] = code
end
