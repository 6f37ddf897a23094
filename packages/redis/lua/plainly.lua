-- Calls that go together, and calls of several limits, where all buckets are as in plainly-one.lua: in one go, with few tables.
-- Returns the reply, or nil where anything is otherwise; then nothing has been written.
local function decide_plainly()
  local match, byte, sub = string.match, string.byte, string.sub
  local texts, capacities, rates, scales = {}, {}, {}, {}
  local arg = 2 + ARGV[2]
  for i = 1, arg - 2 do
    local capacity, rate, scale, start = match(ARGV[i + 2], '^g(%w+),(%w+),(%w+),%w+,[^@]*(@?@?)')
    if not capacity or start == '@' then return nil end
    texts[i], capacities[i], rates[i], scales[i] = ARGV[i + 2], tonumber(capacity, 36), tonumber(rate, 36), tonumber(scale, 36)
  end

  local values = redis.call('MGET', unpack(KEYS))
  local useds, terms_of, charged = {}, {}, {}
  local reply, size, first_key, last_arg = { now }, 1, 0, #ARGV
  local admitted, costs = {}, {}
  while arg < last_arg do
    local word = ARGV[arg + 1]
    local action, count, allowed = byte(word), (#word - 2) / 2, true
    -- Up to so many units: these have no plain costs.
    if action == 117 then return nil end
    for i = 1, count do
      local key, mode, letter = KEYS[first_key + i], byte(word, 2 * i + 1, 2 * i + 2)
      local terms = letter - 47
      local used = useds[key]
      if not used then
        local value = values[first_key + i]
        used = 0
        if value then
          if sub(value, 15) ~= texts[terms] then return nil end
          local stored, last = struct.unpack('>I7I7', value)
          if last > now then return nil end
          used = stored - rates[terms] * (now - last)
          if used < 0 then used = 0 end
        end
        useds[key], terms_of[key] = used, terms
      end
      -- More than 79 different terms, or one bucket under two of them.
      if mode > 51 or terms_of[key] ~= terms then return nil end
      local cost, scale, capacity = tonumber(ARGV[arg + 1 + i]), scales[terms], capacities[terms]
      local admits = cost == 0 or (cost <= capacity and cost * scale <= capacity * scale - used)
      if not admits and mode % 2 == 0 then allowed = false end
      admitted[i], costs[i] = admits, cost
    end
    for i = 1, count do
      local key = KEYS[first_key + i]
      local used, admits = useds[key], admitted[i]
      if allowed and admits and costs[i] > 0 and (action == 99 or (action == 114 and byte(word, 2 * i + 1) < 50)) then
        used = used + costs[i] * scales[terms_of[key]]
        useds[key], charged[key] = used, true
      end
      reply[size + 1] = admits and 1 or 0
      reply[size + 2] = used < 4503599627370496 and used or string.format('%.0f', used)
      size = size + 2
    end
    first_key, arg = first_key + count, arg + 1 + count
  end

  for key in pairs(charged) do
    local used, rate = useds[key], rates[terms_of[key]]
    local keep = math.ceil(used / rate)
    local value = struct.pack('>I7I7c0', used, now, texts[terms_of[key]])
    if spare_ms then
      redis.call('SET', key, value, 'PX', string.format('%d', keep / 1000 + 1 + spare_ms))
    else
      redis.call('SET', key, value, 'PXAT', string.format('%d', (now + keep) / 1000 + 1))
    end
  end
  return reply
end
