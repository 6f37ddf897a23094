-- One call over its charges, on buckets and slots that are open: the way of the memory store, in the same order.
-- A call is a word: a letter for the action, c(onsume), p(eek) or r(eserve); one for how a bucket migrates (see migrate.lua); then for
-- each charge two letters, which count from '0' on: the first is 1 for a shadow, plus 2 for a limit that a reservation pays when it is
-- settled, plus 4 for each 79 terms that stand before its own; the second, the others that do.
-- Its keys are a bucket for each charge, and then, for each charge whose terms are of slots, these, in whose bucket is only its block, and
-- for each on a guaranteed share the record of its parent's children.
local all_terms = {}
local at = 2
for i = 1, tonumber(ARGV[2]) do
  at = at + 1
  all_terms[i] = parse_terms(ARGV[at])
end

local values = redis.call('MGET', unpack(KEYS))
local buckets = {}
for i = 1, #KEYS do
  local key = KEYS[i]
  if not buckets[key] then buckets[key] = read_bucket(key, values[i]) end
end

local reply, size = { now }, 1

local function is_shadow(word, i)
  return byte(word, 2 * i + 1) % 2 == 1
end

local function terms_of(word, i)
  local first, second = byte(word, 2 * i + 1, 2 * i + 2)
  if first < 52 then return all_terms[second - 47] end
  return all_terms[second - 47 + math.floor((first - 48) / 4) * 79]
end

-- Adds a row to the reply: 1 if the cost is admitted, plus 2, 4, 8 and 16 for what follows; then used. What follows is what is not as
-- expected: last, if not now; carried, a number or a log, if not 0; microseconds for which the key is blocked; the terms, if not those
-- asked for. Slots have in the places of used, last and carried how many are held, and when the first and the last of them end. A guaranteed
-- share that refuses adds 32, and microseconds until it would not, or -1. A bucket of which a change matters adds 64, and its epoch.
local function add_row(admitted, used, last, carried, blocked_us, terms, asked, retry_us, epoch)
  local code, top = admitted and 1 or 0, size + 2
  reply[top] = exact(used)
  if last ~= now then code, top = code + 2, top + 1; reply[top] = last end
  if carried ~= 0 then code, top = code + 4, top + 1; reply[top] = carried end
  if blocked_us > 0 then code, top = code + 8, top + 1; reply[top] = blocked_us end
  if terms ~= asked then code, top = code + 16, top + 1; reply[top] = terms.text end
  if retry_us then code, top = code + 32, top + 1; reply[top] = retry_us end
  if epoch then code, top = code + 64, top + 1; reply[top] = epoch end
  reply[size + 1] = code
  size = top
end

local function blocked_us_of(bucket, cost)
  return cost > 0 and bucket.until_us > now and bucket.until_us - now or 0
end

--include deciding-buckets.lua

-- What decides about slots, made when it is first needed.
local made_slots
local function slots()
  if made_slots then return made_slots end
  --include slots.lua
  --include deciding-slots.lua
  made_slots = deciding_slots()
  return made_slots
end

-- The same about guaranteed shares.
local made_guarantees
local function guarantees()
  if made_guarantees then return made_guarantees end
  --include deciding-guarantees.lua
  made_guarantees = deciding_guarantees()
  return made_guarantees
end

local none = {}

-- Asks every enforcing limit first, then lets each have its charge; a single limit asks and charges in one go. Its keys stand in KEYS
-- from first_key on, its costs in ARGV from first_cost on, and after them a name for the leases that it takes and the places of parents.
-- Returns whether the call is allowed, and how many keys and costs it has. It is not if it is known to be refused.
local function decide(word, first_key, first_cost, refused)
  local count, allowed = (#word - 2) / 2, not refused
  local keys, args = count, count
  local slots_at, guarantee_at, pools = {}, none, nil
  for i = 1, count do
    local terms = terms_of(word, i)
    if not terms.algorithm then
      slots_at[i] = slots().at(KEYS[first_key + keys])
      keys, args = keys + 1, count + 1
    elseif terms.kind == 'q' then
      pools = pools or {}
      pools[i] = buckets[KEYS[first_key + keys]]
      keys = keys + 1
    end
  end
  if pools then
    local places
    guarantee_at, places = guarantees().find_all(pools, word, first_key, first_cost, first_cost + args)
    args = args + places
  end
  for i = 1, count > 1 and count or 0 do
    if allowed and not is_shadow(word, i) then
      local bucket, cost = buckets[KEYS[first_key + i - 1]], tonumber(ARGV[first_cost + i - 1])
      if slots_at[i] then
        allowed = slots().admits(bucket, slots_at[i], word, i, cost)
      elseif guarantee_at[i] then
        allowed = guarantees().admits(guarantee_at[i])
      else
        allowed = admits(bucket, word, i, cost)
      end
    end
  end
  for i = 1, count do
    local bucket, cost, passes = buckets[KEYS[first_key + i - 1]], tonumber(ARGV[first_cost + i - 1]), nil
    if slots_at[i] then
      passes = slots().apply(bucket, slots_at[i], word, i, cost, allowed, ARGV[first_cost + count])
    elseif guarantee_at[i] then
      passes = guarantees().apply(guarantee_at[i], word, i, cost, allowed)
    else
      passes = apply(bucket, word, i, cost, allowed)
    end
    allowed = passes and allowed
  end
  return allowed, keys, args
end

-- Writes what has changed.
local function write_everything()
  write_buckets(buckets)
  if made_slots then made_slots.write() end
end
