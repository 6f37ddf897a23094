-- Slots of a concurrency limit (#): who is in at the same time, and until when. See leases.ts of the core.
-- Makes: algorithm of #.
-- Expects: now, generations, generation_of, divide_mark.
--include ../../lua/server.lua
--
-- The slots of a key are a sorted set. A member is a lease: its length in microseconds, a colon, and a name of its own. Its score is when
-- it ends. The work thus grows with the logarithm of the slots.
-- The last member is the text of the terms under which a slot was last taken, with the mark of a generation. Its score is infinite.
--
-- Slots have no state in numbers. Beside the bucket, which contains only the block of the key, a charge has the key of its slots.

-- The functions that read and change slots. They are given parse_terms, which itself needs every kind.
local function make_slots(parse_terms)
  -- The length of a lease; nil for what somebody else has written.
  local function length_us(lease)
    return tonumber(string.match(lease, '^(%d+):'))
  end

  -- Shortens the leases that a clock which went back has made too long. This alone looks at all leases.
  local function shorten(key)
    local leases = redis.call('ZRANGE', key, 0, -2, 'WITHSCORES')
    for i = 1, #leases, 2 do
      local longest_us = length_us(leases[i]) or 0
      if tonumber(leases[i + 1]) > now + longest_us then redis.call('ZADD', key, now + longest_us, leases[i]) end
    end
  end

  -- The slots of a key, without those that have expired. All are free if the key contains something else, or is of an earlier generation.
  local function read(key)
    local mark = generations and generation_of(generations, key)
    local slots = { key = key, held = 0, first_end = now, last_end = now, terms = nil, text = nil, taken = {}, mark = mark or '' }
    local first = answer_of(redis.pcall('ZRANGE', key, 0, 0, 'WITHSCORES'))
    if not first or not first[1] then return slots end
    -- Nothing is written unless a lease has expired: a server that takes no writes can still tell how many slots are held.
    if tonumber(first[2]) <= now then redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now)) end
    local ends = redis.call('ZRANGE', key, -2, -1, 'WITHSCORES')
    local last, last_end, text = ends[1], tonumber(ends[2]), ends[3]
    local plain, its_mark = divide_mark(text or '')
    local terms = ends[4] == 'inf' and parse_terms(plain)
    if not terms or (mark and mark ~= its_mark) then return slots end
    slots.mark = its_mark
    if last_end > now + (length_us(last) or 0) then
      shorten(key)
      return read(key)
    end
    slots.held = redis.call('ZCARD', key) - 1
    slots.first_end = slots.held == 1 and last_end or tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
    slots.last_end, slots.terms, slots.text = last_end, terms, text
    return slots
  end

  -- Takes a slot, which is written at the end.
  local function take(slots, terms, name)
    local ends = now + terms.period_us
    local taken = slots.taken
    slots.first_end = slots.held == 0 and ends or math.min(slots.first_end, ends)
    slots.last_end = math.max(slots.last_end, ends)
    slots.held, slots.terms = slots.held + 1, terms
    taken[#taken + 1] = ends
    taken[#taken + 1] = string.format('%.0f:%s', terms.period_us, name)
  end

  -- Writes the slots that were taken.
  local function write(slots)
    local key, taken = slots.key, slots.taken
    if #taken == 0 then return end
    local text = slots.terms.text .. slots.mark
    if not slots.text then
      redis.call('DEL', key)
    elseif slots.text ~= text then
      redis.call('ZREM', key, slots.text)
    end
    redis.call('ZADD', key, '+inf', text, unpack(taken))
    expire_at(key, slots.last_end)
  end

  -- Gives a slot back. Returns whether it was held.
  local function release(key, lease)
    if answer_of(redis.pcall('ZREM', key, lease)) ~= 1 then return false end
    if redis.call('ZCARD', key) == 1 then redis.call('DEL', key) end
    return true
  end

  -- Whether a lease is there and has not expired.
  local function is_held(key, lease)
    local score = answer_of(redis.pcall('ZSCORE', key, lease))
    return score and tonumber(score) > now or false
  end

  -- Prolongs a lease by its length from now on. Returns whether it was held.
  local function renew(key, lease)
    local slots = read(key)
    if not slots.text or not is_held(key, lease) then return false end
    local ends = now + length_us(lease)
    redis.call('ZADD', key, ends, lease)
    expire_at(key, math.max(slots.last_end, ends))
    return true
  end

  return { read = read, take = take, write = write, release = release, is_held = is_held, renew = renew }
end

return { has_key_beside = true, takes_lease = true, make_slots = make_slots }
