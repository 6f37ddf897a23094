-- The fast path: greedy token buckets that start full, have the terms that the calls expect, and do not lie in the future.
-- Nearly every request is of this kind. The scripts that include this file return here if they can; otherwise nothing has been written.
-- Expects: now, spare_ms.
--include-when-called generation-of.lua
--
-- This file is written for speed, and measured by `pnpm --filter @sluice/test script-time`. Making functions and tables is most of what a
-- script costs beside what Redis does for it. So there are few of them, and { unpack(...) } makes a table of the right size at once.
-- token-bucket.lua and calls.lua say the same more plainly. Random histories compare all three with the memory store.

-- One call on one bucket, without a table except the reply.
local function decide_one()
  local text, opcode, cost = ARGV[3], ARGV[4], tonumber(ARGV[5])
  local capacity, rate, scale, start = string.match(text, '^g(%w+),(%w+),(%w+),%w+,[^@]*(@?@?)')
  if not capacity or start == '@' then return nil end
  rate, scale = tonumber(rate, 36), tonumber(scale, 36)

  local values, used = redis.call('MGET', KEYS[1], KEYS[2]), 0
  local value = values[1]
  if values[2] and KEYS[2] ~= KEYS[1] then text = text .. generation_of(values[2], KEYS[1]) end
  if value then
    if #value ~= 14 + #text or not string.find(value, text, 15, true) then return nil end
    local stored, last = struct.unpack('>I7I7', value)
    if last > now then return nil end
    used = stored - rate * (now - last)
    if used < 0 then used = 0 end
  end

  local scaled_cost = cost * scale
  local admits = scaled_cost <= tonumber(capacity, 36) * scale - used or cost == 0
  if admits and cost > 0 then
    local action, _, mode = string.byte(opcode, 1, 3)
    if action == CONSUME or (action == RESERVE and mode - ZERO < PAID_AT_SETTLEMENT) then
      used = used + scaled_cost
      -- The next whole millisecond is later than the quotient by more than the quotient may be rounded.
      local keep = math.ceil(used / rate)
      local kept = struct.pack('>I7I7c0', used, now, text)
      if spare_ms then
        redis.call('SET', KEYS[1], kept, 'PX', string.format('%d', keep / 1000 + 1 + spare_ms))
      else
        redis.call('SET', KEYS[1], kept, 'PXAT', string.format('%d', (now + keep) / 1000 + 1))
      end
    end
  end
  return { now, admits and 1 or 0, used < REPLIED_AS_TEXT and used or string.format('%.0f', used) }
end

-- Any number of calls. Four places of `terms` belong to each terms: its text, the scaled capacity, the rate and the scale.
local function decide_many()
  local keys, args, byte = KEYS, ARGV, string.byte
  local key_count, arg_count, terms_count = #keys - 1, #args, tonumber(args[2])

  -- More terms have a first digit that counts them. More keys than that are not made into a table at once.
  if terms_count > TERMS_PER_PAGE or key_count > 1000 then return nil end
  local terms = { unpack(args, 1, 4 * terms_count) }
  for i = 1, terms_count do
    local text = args[i + 2]
    local capacity, rate, scale, start = string.match(text, '^g(%w+),(%w+),(%w+),%w+,[^@]*(@?@?)')
    if not capacity or start == '@' then return nil end
    local unit = tonumber(scale, 36)
    terms[4 * i - 3], terms[4 * i - 2], terms[4 * i - 1], terms[4 * i] = text, tonumber(capacity, 36) * unit, tonumber(rate, 36), unit
  end

  -- By the place of a key: its value, which becomes what is used; where its terms are; and whether it was charged.
  local useds, terms_at, charged = redis.call('MGET', unpack(keys)), { unpack(keys) }, {}
  local generations = keys[key_count + 1] ~= keys[1] and useds[key_count + 1]
  -- The first place of each key. In a call alone, no key comes twice.
  local firsts = arg_count > 3 + terms_count + key_count and {}
  local reply, size, before, arg = { now, unpack(keys, 1, 2 * key_count) }, 1, 0, 3 + terms_count
  while arg <= arg_count do
    local opcode, allowed = args[arg], true
    local action, count = byte(opcode), #opcode / 2 - 1
    if action == CONSUME_UP_TO then return nil end
    for i = 1, count do
      local place = before + i
      local mode, digit = byte(opcode, 2 * i + 1, 2 * i + 2)
      local at, used, first = 4 * (digit - ZERO), useds[place], firsts and firsts[keys[place]]
      terms_at[place] = at
      if first then
        -- One bucket under different terms.
        if terms_at[first] ~= at then return nil end
        used = useds[first]
      elseif used then
        local text = terms[at + 1]
        if generations then text = text .. generation_of(generations, keys[place]) end
        if #used ~= 14 + #text or not string.find(used, text, 15, true) then return nil end
        local stored, last = struct.unpack('>I7I7', used)
        if last > now then return nil end
        used = stored - terms[at + 3] * (now - last)
        if used < 0 then used = 0 end
      else
        used = 0
      end
      if not first then
        useds[place] = used
        if firsts then firsts[keys[place]] = place end
      end
      local scaled_cost = args[arg + i] * terms[at + 4]
      if scaled_cost > terms[at + 2] - used and scaled_cost > 0 and mode % 2 == 0 then allowed = false end
    end
    for i = 1, count do
      local place = firsts and firsts[keys[before + i]] or before + i
      local used, at = useds[place], terms_at[place]
      local scaled_cost = args[arg + i] * terms[at + 4]
      local admits = scaled_cost <= terms[at + 2] - used or scaled_cost == 0
      if
        allowed
        and admits
        and scaled_cost > 0
        and (action == CONSUME or (action == RESERVE and byte(opcode, 2 * i + 1) - ZERO < PAID_AT_SETTLEMENT))
      then
        used = used + scaled_cost
        useds[place], charged[place] = used, true
      end
      reply[size + 1] = admits and 1 or 0
      reply[size + 2] = used < REPLIED_AS_TEXT and used or string.format('%.0f', used)
      size = size + 2
    end
    before, arg = before + count, arg + 1 + count
  end

  for place = 1, key_count do
    if charged[place] then
      local used, at = useds[place], terms_at[place]
      local keep = math.ceil(used / terms[at + 3])
      local text = terms[at + 1]
      if generations then text = text .. generation_of(generations, keys[place]) end
      local value = struct.pack('>I7I7c0', used, now, text)
      if spare_ms then
        redis.call('SET', keys[place], value, 'PX', string.format('%d', keep / 1000 + 1 + spare_ms))
      else
        redis.call('SET', keys[place], value, 'PXAT', string.format('%d', (now + keep) / 1000 + 1))
      end
    end
  end
  return reply
end

local fast_reply
if #KEYS == 2 and #ARGV == 5 then
  fast_reply = decide_one()
else
  fast_reply = decide_many()
end
if fast_reply then return fast_reply end
