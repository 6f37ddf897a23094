-- Nearly every request: greedy token buckets that start full, are as the calls expect them, and lie in no future. They are decided here in
-- one go, with few tables and no functions, since making and growing those is most of what a script costs beside what Redis does for it;
-- { unpack(...) } makes a table of the right size at once. What token-bucket.lua and deciding.lua say is said again here, and in
-- plainly-one.lua; the random histories hold all to the memory store.
-- Returns the reply, or nil where anything is otherwise; then nothing has been written.
local function decide_plainly()
  local keys, args, byte = KEYS, ARGV, string.byte
  local count_of_keys, count_of_args, different = #keys, #args, tonumber(args[2])

  -- More different terms than have letters of their own, or more keys than a table is made of at once.
  if different > 79 or count_of_keys > 1000 then return nil end
  -- Of each terms its text, a full bucket, its rate and its scale, four places apart.
  local terms = { unpack(args, 1, 4 * different) }
  for i = 1, different do
    local text = args[i + 2]
    local capacity, rate, scale, start = string.match(text, '^g(%w+),(%w+),(%w+),%w+,[^@]*(@?@?)')
    if not capacity or start == '@' then return nil end
    local unit = tonumber(scale, 36)
    terms[4 * i - 3], terms[4 * i - 2], terms[4 * i - 1], terms[4 * i] = text, tonumber(capacity, 36) * unit, tonumber(rate, 36), unit
  end

  -- By the place of a key its value, of which remains what is used; where its terms are; and, once it is charged, whether.
  local useds, terms_at, charged = redis.call('MGET', unpack(keys)), { unpack(keys) }, {}
  -- Where a key comes first; one call alone has no key twice.
  local firsts = count_of_args > 3 + different + count_of_keys and {}
  local reply, size, before, arg = { now, unpack(keys, 1, 2 * count_of_keys) }, 1, 0, 3 + different
  while arg <= count_of_args do
    local word, allowed = args[arg], true
    local action, count = byte(word), #word / 2 - 1
    -- Up to so many units: these have no plain costs.
    if action == 117 then return nil end
    for i = 1, count do
      local place = before + i
      local mode, letter = byte(word, 2 * i + 1, 2 * i + 2)
      local at, used, first = 4 * (letter - 48), useds[place], firsts and firsts[keys[place]]
      terms_at[place] = at
      if first then
        -- One bucket under different terms.
        if terms_at[first] ~= at then return nil end
        used = useds[first]
      elseif used then
        local text = terms[at + 1]
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
      local price = args[arg + i] * terms[at + 4]
      if price > terms[at + 2] - used and price > 0 and mode % 2 == 0 then allowed = false end
    end
    for i = 1, count do
      local place = firsts and firsts[keys[before + i]] or before + i
      local used, at = useds[place], terms_at[place]
      local price = args[arg + i] * terms[at + 4]
      local admits = price <= terms[at + 2] - used or price == 0
      if allowed and admits and price > 0 and (action == 99 or (action == 114 and byte(word, 2 * i + 1) < 50)) then
        used = used + price
        useds[place], charged[place] = used, true
      end
      reply[size + 1] = admits and 1 or 0
      reply[size + 2] = used < 4503599627370496 and used or string.format('%.0f', used)
      size = size + 2
    end
    before, arg = before + count, arg + 1 + count
  end

  for place = 1, count_of_keys do
    if charged[place] then
      local used, at = useds[place], terms_at[place]
      local keep = math.ceil(used / terms[at + 3])
      local value = struct.pack('>I7I7c0', used, now, terms[at + 1])
      if spare_ms then
        redis.call('SET', keys[place], value, 'PX', string.format('%d', keep / 1000 + 1 + spare_ms))
      else
        redis.call('SET', keys[place], value, 'PXAT', string.format('%d', (now + keep) / 1000 + 1))
      end
    end
  end
  return reply
end
