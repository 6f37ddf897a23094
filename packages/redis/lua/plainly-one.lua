-- The most frequent request by far: one call on one greedy token bucket that starts full, is as the call expects it, and lies in no future.
-- It is decided here without a table but the reply. Returns that, or nil where anything is otherwise; then nothing has been written.
local function decide_one()
  local text, word, cost = ARGV[3], ARGV[4], tonumber(ARGV[5])
  local capacity, rate, scale, start = string.match(text, '^g(%w+),(%w+),(%w+),%w+,[^@]*(@?@?)')
  if not capacity or start == '@' then return nil end
  rate, scale = tonumber(rate, 36), tonumber(scale, 36)

  local value, used = redis.pcall('GET', KEYS[1]), 0
  if value then
    -- What is no text is an error, which the general path tells apart from others.
    if type(value) ~= 'string' or #value ~= 14 + #text or not string.find(value, text, 15, true) then return nil end
    local stored, last = struct.unpack('>I7I7', value)
    if last > now then return nil end
    used = stored - rate * (now - last)
    if used < 0 then used = 0 end
  end

  local price = cost * scale
  local admits = price <= tonumber(capacity, 36) * scale - used or cost == 0
  if admits and cost > 0 then
    local action, _, mode = string.byte(word, 1, 3)
    if action == 99 or (action == 114 and mode < 50) then
      used = used + price
      -- The next whole millisecond, which is later than the quotient by more than it may have been rounded.
      local keep = math.ceil(used / rate)
      local kept = struct.pack('>I7I7c0', used, now, text)
      if spare_ms then
        redis.call('SET', KEYS[1], kept, 'PX', string.format('%d', keep / 1000 + 1 + spare_ms))
      else
        redis.call('SET', KEYS[1], kept, 'PXAT', string.format('%d', (now + keep) / 1000 + 1))
      end
    end
  end
  return { now, admits and 1 or 0, used < 4503599627370496 and used or string.format('%.0f', used) }
end
