-- The most frequent call by far: one greedy token bucket that starts full, is as the call expects it, and lies in no future. It is decided
-- here without a table but the reply, since making tables and functions is most of what a script costs beside what Redis does for it.
-- What token-bucket.lua and deciding.lua say is said again here, and in plainly.lua; the random histories hold all to the memory store.
-- Returns the reply, or nil where anything is otherwise; then nothing has been written.
local function decide_one()
  if #KEYS > 1 or #ARGV > 5 then return nil end
  local text, word, cost = ARGV[3], ARGV[4], tonumber(ARGV[5])
  local capacity, rate, scale, start = string.match(text, '^g(%w+),(%w+),(%w+),%w+,[^@]*(@?@?)')
  if not capacity or start == '@' then return nil end
  capacity, rate, scale = tonumber(capacity, 36), tonumber(rate, 36), tonumber(scale, 36)

  local value, used = redis.call('MGET', KEYS[1])[1], 0
  if value then
    if string.sub(value, 15) ~= text then return nil end
    local stored, last = struct.unpack('>I7I7', value)
    if last > now then return nil end
    used = math.max(0, stored - rate * (now - last))
  end

  local admits = cost == 0 or (cost <= capacity and cost * scale <= capacity * scale - used)
  local action, mode = string.byte(word), string.byte(word, 3)
  if admits and cost > 0 and (action == 99 or (action == 114 and mode < 50)) then
    used = used + cost * scale
    -- The next whole millisecond, which is later than the quotient by more than it may have been rounded.
    local keep = math.ceil(used / rate)
    local value = struct.pack('>I7I7c0', used, now, text)
    if spare_ms then
      redis.call('SET', KEYS[1], value, 'PX', string.format('%d', keep / 1000 + 1 + spare_ms))
    else
      redis.call('SET', KEYS[1], value, 'PXAT', string.format('%d', (now + keep) / 1000 + 1))
    end
  end
  return { now, admits and 1 or 0, used < 4503599627370496 and used or string.format('%.0f', used) }
end
