-- One call over its charges, on buckets that are open: the way of the memory store, in the same order.
-- A call is a word: a letter for the action, c(onsume), p(eek) or r(eserve); one for how a bucket migrates (see migrate.lua); then for
-- each charge two letters, which count from '0' on: the first is 1 for a shadow, plus 2 for a limit that a reservation pays when it is
-- settled, plus 4 for each 79 terms that stand before its own; the second, the others that do.
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

-- What a cost would do to a bucket: its terms; whether even a refusal keeps its state, because the rule changed
-- or it starts with less than its capacity; when its state was true; microseconds for which its key is blocked; and what the algorithm decides.
local function step_of(bucket, word, i, cost)
  local terms = terms_of(word, i)
  local used, last, carried, converted = bucket.used, bucket.last, bucket.carried, false
  -- Nearly every call: the same terms, under which a bucket that is full again and one never used are the same.
  if used and (bucket.text ~= terms.text or terms.initial < terms.capacity) then
    used, last, carried, terms, converted = under_terms(bucket, terms, string.sub(word, 2, 2))
  end
  local blocked_us = cost > 0 and bucket.until_us > now and bucket.until_us - now or 0
  local keeps = converted or (not used and cost > 0 and terms.initial < terms.capacity)
  return terms, keeps, used and bucket.last, blocked_us, terms.algorithm.decide(used, last, carried, now, cost, terms)
end

-- Whether a limit would pay.
local function admits(bucket, word, i, cost)
  local _, _, _, blocked_us, would_admit = step_of(bucket, word, i, cost)
  return would_admit and blocked_us == 0
end

-- Adds a row to the reply: 1 if the cost is admitted, plus 2, 4, 8 and 16 for what follows; then used. What follows is what is not as
-- expected: last, if not now; carried, a number or a log, if not 0; microseconds for which the key is blocked; the terms, if not those
-- asked for.
local function add_row(admitted, used, last, carried, blocked_us, terms, asked)
  local code, top = admitted and 1 or 0, size + 2
  reply[top] = exact(used)
  if last ~= now then code, top = code + 2, top + 1; reply[top] = last end
  if carried ~= 0 then code, top = code + 4, top + 1; reply[top] = carried end
  if blocked_us > 0 then code, top = code + 8, top + 1; reply[top] = blocked_us end
  if terms ~= asked then code, top = code + 16, top + 1; reply[top] = terms.text end
  reply[size + 1] = code
  size = top
end

-- Lets a limit have its charge, if it is to have it and can pay. Returns whether it stands in nobody's way.
local function apply(bucket, word, i, cost, allowed)
  local terms, keeps, stored_last, blocked_us, admitted, used, last, carried, charged, charged_last, charged_carried =
    step_of(bucket, word, i, cost)
  local action = byte(word)
  local pays = action == 99 or (action == 114 and byte(word, 2 * i + 1) % 4 < 2)
  -- A bucket that lay too far ahead of a clock that jumped stays where it was put.
  if stored_last and last < stored_last then keeps = true end
  if allowed and admitted and blocked_us == 0 and pays and cost > 0 then
    used, last, carried, keeps = charged, charged_last, charged_carried, true
  end
  if keeps and action ~= 112 then put(bucket, terms, used, last, carried) end
  add_row(admitted, used, last, carried, blocked_us, terms, terms_of(word, i))
  return (admitted and blocked_us == 0) or is_shadow(word, i)
end

-- Asks every enforcing limit first, then lets each have its charge; a single limit asks and charges in one go. Its buckets stand in
-- KEYS from first_key on, its costs in ARGV from first_cost on.
local function decide(word, first_key, first_cost)
  local count = (#word - 2) / 2
  local allowed = true
  if count > 1 then
    for i = 1, count do
      allowed = allowed and (is_shadow(word, i) or admits(buckets[KEYS[first_key + i - 1]], word, i, tonumber(ARGV[first_cost + i - 1])))
    end
  end
  for i = 1, count do
    allowed = apply(buckets[KEYS[first_key + i - 1]], word, i, tonumber(ARGV[first_cost + i - 1]), allowed) and allowed
  end
  return allowed, count
end
