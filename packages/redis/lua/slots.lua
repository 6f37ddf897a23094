-- Slots (#): who is in at the same time and until when, as leases.ts and memory-slots.ts of the core have it. Those of a key are a sorted
-- set. A lease is a member, its length in microseconds, a colon and a name of its own, and its score is when it ends; so the work grows
-- with the logarithm of the slots. Last in the set, with a score that never comes, is the text of the terms they were last taken under.

--include answer-of.lua

-- How long a lease lasts; nil for what somebody else has written.
local function length_us(lease)
  return tonumber(string.match(lease, '^(%d+):'))
end

-- A clock that went back must not make leases longer than they are. This alone looks at all of them.
local function pull_back(key)
  local leases = redis.call('ZRANGE', key, 0, -2, 'WITHSCORES')
  for i = 1, #leases, 2 do
    local longest_us = length_us(leases[i]) or 0
    if tonumber(leases[i + 1]) > now + longest_us then redis.call('ZADD', key, now + longest_us, leases[i]) end
  end
end

-- The slots of a key as they stand, without what has expired; those of a key that holds something else are all free.
local function read_slots(key)
  local slots = { key = key, held = 0, first_end = now, last_end = now, terms = nil, text = nil, taken = {} }
  local first = answer_of(redis.pcall('ZRANGE', key, 0, 0, 'WITHSCORES'))
  if not first or not first[1] then return slots end
  -- Nothing is written unless a lease has expired, so that a server that takes no writes still says how many are held.
  if tonumber(first[2]) <= now then redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now)) end
  local ends = redis.call('ZRANGE', key, -2, -1, 'WITHSCORES')
  local last, last_end, text = ends[1], tonumber(ends[2]), ends[3]
  local terms = ends[4] == 'inf' and parse_terms(text)
  if not terms then return slots end
  if last_end > now + (length_us(last) or 0) then
    pull_back(key)
    return read_slots(key)
  end
  slots.held = redis.call('ZCARD', key) - 1
  slots.first_end = slots.held == 1 and last_end or tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  slots.last_end, slots.terms, slots.text = last_end, terms, text
  return slots
end

-- Takes a slot, to be written at the end.
local function take_slot(slots, terms, name)
  local ends = now + terms.period_us
  local taken = slots.taken
  slots.first_end = slots.held == 0 and ends or math.min(slots.first_end, ends)
  slots.last_end = math.max(slots.last_end, ends)
  slots.held, slots.terms = slots.held + 1, terms
  taken[#taken + 1] = ends
  taken[#taken + 1] = string.format('%.0f:%s', terms.period_us, name)
end

-- Lets the key live as long as its last lease.
local function expire_slots(key, last_end)
  if spare_ms then return redis.call('PEXPIRE', key, string.format('%.0f', ceil_div(last_end - now, 1000) + spare_ms)) end
  redis.call('PEXPIREAT', key, string.format('%.0f', ceil_div(last_end, 1000)))
end

-- Writes what was taken.
local function write_slots(slots)
  local key, taken = slots.key, slots.taken
  if #taken == 0 then return end
  if not slots.text then
    redis.call('DEL', key)
  elseif slots.text ~= slots.terms.text then
    redis.call('ZREM', key, slots.text)
  end
  redis.call('ZADD', key, '+inf', slots.terms.text, unpack(taken))
  expire_slots(key, slots.last_end)
end

-- Gives a slot back. Returns whether it was held.
local function release_slot(key, lease)
  if answer_of(redis.pcall('ZREM', key, lease)) ~= 1 then return false end
  if redis.call('ZCARD', key) == 1 then redis.call('DEL', key) end
  return true
end

-- Whether a lease is there and has not expired.
local function is_held(key, lease)
  local score = answer_of(redis.pcall('ZSCORE', key, lease))
  return score and tonumber(score) > now or false
end
