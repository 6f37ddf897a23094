--[[
One step of the mirror of a provider, the same as `src/mirror/take.ts`, step by step.

KEYS[1]  the state: doubles and names, packed
ARGV[1]  the rules and the question, as JSON (see src/redis/redis-mirror.ts)
ARGV[2]  the channel of hints
ARGV[3]  the time in microseconds, for tests alone; the clock of the server if empty

Replies {now, booked, moved, wait, why, fresh, virtual, until, pace, logs, rooms, others}: times in microseconds, flags as 0 and 1.
Publishes `process wait` for each call of another process that may be sent earlier than it knows.
]]
local input = cjson.decode(ARGV[1])
local dims, ask = input.dims, input.ask
local floor, ceil, max, min, sqrt = math.floor, math.ceil, math.max, math.min, math.sqrt
local dim_count, lane_count = #dims, input.lanes
local worth, tolerance, spread = 2000, 500000, 3

-- State: last, skew, ahead, until, pace; then virtual time by lane; then seen, limit, strangers by dimension; then the logs and the line.
local last, skew, ahead, blocked_until, pace_until = 0, 0, 0, 0, 0
local virtual, learned, logs, line = {}, {}, {}, {}

local function empty()
  for i = 1, lane_count do virtual[i] = 0 end
  for i = 1, dim_count do
    learned[i] = { seen = 0, limit = 0, strangers = 0 }
    logs[i] = {}
  end
end

local function read(text)
  local counts = { struct.unpack('<' .. string.rep('d', 6 + dim_count), text) }
  last, skew, ahead, blocked_until, pace_until = counts[1], counts[2], counts[3], counts[4], counts[5]
  local line_count, at = counts[6], counts[7 + dim_count]
  local rest = { struct.unpack('<' .. string.rep('d', lane_count + 3 * dim_count), text, at) }
  for i = 1, lane_count do virtual[i] = rest[i] end
  for i = 1, dim_count do
    local from = lane_count + 3 * (i - 1)
    learned[i] = { seen = rest[from + 1], limit = rest[from + 2], strangers = rest[from + 3] }
  end
  at = rest[#rest]
  for i = 1, dim_count do
    local length = counts[6 + i]
    local log = { struct.unpack('<' .. string.rep('d', length), text, at) }
    at = table.remove(log)
    logs[i] = log
  end
  for i = 1, line_count do
    local numbers = { struct.unpack('<' .. string.rep('d', 5 + 2 * dim_count) .. 's', text, at) }
    local entry = { lane = numbers[1], rank = numbers[2], since = numbers[3], due = numbers[4], published = numbers[5], costs = {}, queued = {} }
    for d = 1, dim_count do
      entry.costs[d] = numbers[5 + d]
      entry.queued[d] = numbers[5 + dim_count + d]
    end
    entry.process = numbers[6 + 2 * dim_count]
    at = numbers[7 + 2 * dim_count]
    line[i] = entry
  end
end

local function write()
  local out = { last, skew, ahead, blocked_until, pace_until, #line }
  local n = 6
  local function put(value)
    n = n + 1
    out[n] = value
  end
  for i = 1, dim_count do put(#logs[i]) end
  for i = 1, lane_count do put(virtual[i]) end
  for i = 1, dim_count do
    put(learned[i].seen)
    put(learned[i].limit)
    put(learned[i].strangers)
  end
  for i = 1, dim_count do
    for j = 1, #logs[i] do put(logs[i][j]) end
  end
  local text = struct.pack('<' .. string.rep('d', n), unpack(out))
  for _, entry in ipairs(line) do
    local numbers = { entry.lane, entry.rank, entry.since, entry.due, entry.published }
    for d = 1, dim_count do numbers[5 + d] = entry.costs[d] end
    for d = 1, dim_count do numbers[5 + dim_count + d] = entry.queued[d] end
    numbers[6 + 2 * dim_count] = entry.process
    text = text .. struct.pack('<' .. string.rep('d', 5 + 2 * dim_count) .. 's', unpack(numbers))
  end
  return text
end

-- window-log.ts
local function book(log, now, units, slot)
  local at = #log - 1
  if at > 0 and floor(log[at] / slot) == floor(now / slot) then
    log[at] = now
    log[at + 1] = log[at + 1] + units
  else
    log[at + 2] = now
    log[at + 3] = units
  end
end

local function unbook(log, at, units, slot)
  local wanted = floor(at / slot)
  for i = #log - 1, 1, -2 do
    local other = floor(log[i] / slot)
    if other < wanted then return end
    if other == wanted then
      log[i + 1] = max(0, log[i + 1] - units)
      return
    end
  end
end

local function drop_old(log, now, leave)
  local gone = 0
  while gone < #log and log[gone + 1] + leave <= now do gone = gone + 2 end
  if gone == 0 then return log end
  local kept = {}
  for i = gone + 1, #log do kept[i - gone] = log[i] end
  return kept
end

local function horizon(dim) return dim.window + dim.transit end

local function earliest_in(log, now, units, room, dim)
  local most, leave, used, t = max(units, room), horizon(dim), 0, now
  local i = #log - 1
  while i > 0 and log[i] + leave > now do
    used = used + log[i + 1]
    i = i - 2
  end
  i = i + 2
  while used + units > most do
    t = log[i] + leave
    used = used - log[i + 1]
    i = i + 2
  end
  return t
end

-- mirror-clock.ts
local function advance(server, known)
  local raw = server - skew
  if known and raw > known.now + known.most + tolerance then
    skew = skew + raw - (known.now + known.least)
    raw = known.now + known.least
    ahead = raw < last and 1 or 0
  end
  if raw >= last then
    last = raw
    ahead = 0
    return 0
  end
  if ahead == 1 then return last - raw end
  skew = skew - (last - raw)
  return 0
end

-- learn.ts
local function learn(known, log, seen, dim)
  if seen.at < known.seen then return end
  known.seen = seen.at
  if seen.limit then known.limit = min(seen.limit, dim.capacity) end
  if not seen.remaining then return end
  local total = seen.limit or (known.limit > 0 and known.limit or dim.capacity)
  local used = max(0, total - seen.remaining)
  local most, least = 0, 0
  for i = 1, #log, 2 do
    local final = log[i]
    local first = floor(final / dim.slot) * dim.slot
    if final > seen.at - dim.window - dim.transit and first <= seen.at + dim.transit then most = most + log[i + 1] end
    if first > seen.at - dim.window and final <= seen.at - dim.transit then least = least + log[i + 1] end
  end
  known.strangers = max(0, min(used - least, max(used - most, known.strangers)))
end

local function room_of(known, now, dim)
  local most = known.limit > 0 and min(known.limit, dim.capacity) or dim.capacity
  if known.strangers == 0 then return most end
  local age = min(max(0, now - known.seen), horizon(dim))
  local margin = spread * sqrt((2 * known.strangers * dim.stranger * age) / dim.window)
  return max(0, most - known.strangers - ceil(margin))
end

local state = redis.call('GET', KEYS[1])
if state then read(state) else empty() end
local server = tonumber(ARGV[3])
if not server then
  local time = redis.call('TIME')
  server = time[1] * 1000000 + time[2]
end

local longest = 0
for i = 1, dim_count do longest = max(longest, horizon(dims[i])) end
local fresh = last == 0 and ask.known ~= nil and ask.known.most < longest
local still = advance(server, ask.known)
local now = last
if fresh then blocked_until = now + longest end
if ask.block > 0 then blocked_until = max(blocked_until, now + ask.block) end
for i = 1, dim_count do logs[i] = drop_old(logs[i], now, horizon(dims[i]) + input.retain) end

local function give_back(at, back)
  for i = 1, dim_count do
    if back[i] ~= 0 then unbook(logs[i], at, back[i], dims[i].slot) end
  end
end

local function book_all(costs)
  for i = 1, dim_count do
    if costs[i] > 0 then book(logs[i], now, costs[i], dims[i].slot) end
  end
end

for _, settle in ipairs(ask.settles) do give_back(settle.at, settle.back) end
local moved = {}
for index, move in ipairs(ask.moves) do
  local counts = ask.pace ~= 'paced'
  for i = 1, dim_count do
    if move.costs[i] > 0 and move.at + horizon(dims[i]) <= now then counts = false end
  end
  give_back(move.at, move.costs)
  if counts then book_all(move.costs) end
  moved[index] = counts and 1 or 0
end
for _, seen in ipairs(ask.seen) do
  local i = seen.dimension + 1
  learn(learned[i], logs[i], seen, dims[i])
end

-- room.ts
local rooms, slot = {}, 0
for i = 1, dim_count do
  rooms[i] = room_of(learned[i], now, dims[i])
  if dims[i].spaced then slot = max(slot, dims[i].slot) end
end

local function paced_from()
  if ask.pace == 'paced' then return max(pace_until, now) end
  return max(pace_until, now - slot - input.grace)
end

--- `payer` restricts the costs to the dimensions that it uses.
local function earliest(costs, payer)
  local t = max(now, blocked_until)
  if ask.pace ~= 'soonest' then t = max(t, pace_until) end
  for i = 1, dim_count do
    if costs[i] > 0 and (not payer or payer[i] > 0) then t = max(t, earliest_in(logs[i], now, costs[i], rooms[i], dims[i])) end
  end
  return t
end

local function spacing(costs)
  local most = 0
  for i = 1, dim_count do
    local dim, units = dims[i], costs[i]
    if units > 0 and dim.spaced then
      local room = max(units, rooms[i])
      local distance
      if ask.pace == 'paced' then distance = ceil((units * dim.window) / room) + dim.transit
      else distance = ceil((units * horizon(dim)) / room) end
      most = max(most, distance)
    end
  end
  return most
end

-- line.ts
local function is_before(a, b)
  if a.lane ~= b.lane then return a.lane < b.lane end
  if a.rank ~= b.rank then return a.rank < b.rank end
  if a.since ~= b.since then return a.since < b.since end
  return a.process < b.process
end

local function insert(entry)
  local at = #line + 1
  while at > 1 and is_before(entry, line[at - 1]) do at = at - 1 end
  table.insert(line, at, entry)
end

local function stopper_of(head, stopped)
  head.process = ask.process
  local i = 1
  while i <= #line and is_before(line[i], head) do
    local entry = line[i]
    if entry.process == ask.process then
      i = i + 1
    elseif earliest(entry.costs) > now then
      entry.due = 0
      if earliest(entry.costs, head.costs) > now then return 'turn' end
      i = i + 1
    elseif entry.due == 0 then
      entry.due = now
      return 'turn'
    elseif now - entry.due <= input.grace then
      return 'turn'
    else
      table.remove(line, i)
    end
  end
  for _, mine in ipairs(stopped) do
    if earliest(mine.costs) <= now or earliest(mine.costs, head.costs) > now then return 'turn' end
  end
  if earliest(head.costs) > now then return 'full' end
  return nil
end

local booked, stopped, why = {}, {}, 'empty'
for index, head in ipairs(ask.heads) do
  local reason = 'blocked'
  if still == 0 then reason = stopper_of(head, stopped) end
  if reason == nil then
    book_all(head.costs)
    virtual[head.lane + 1] = max(virtual[head.lane + 1], head.rank)
    pace_until = paced_from() + spacing(head.costs)
    booked[index] = 1
  else
    if #stopped == 0 then why = reason end
    stopped[#stopped + 1] = head
    booked[index] = 0
  end
end

local function instant_of(entry)
  local sum, distance, grace = {}, 0, 0
  for i = 1, dim_count do sum[i] = entry.costs[i] end
  for _, before in ipairs(line) do
    if before == entry then break end
    if before.due > 0 then
      grace = max(grace, before.due + input.grace + 1)
    else
      for i = 1, dim_count do
        if sum[i] > 0 then sum[i] = sum[i] + min(before.costs[i], rooms[i]) end
      end
      if ask.pace ~= 'soonest' then distance = distance + spacing(before.costs) end
    end
  end
  return max(earliest(sum) + distance, grace)
end

local others_only = {}
for _, entry in ipairs(line) do
  if entry.process ~= ask.process then others_only[#others_only + 1] = entry end
end
line = others_only
local wait, lane = 0, -1
for _, head in ipairs(stopped) do
  if head.lane ~= lane then
    lane = head.lane
    local queued = {}
    for i = 1, dim_count do queued[i] = ask.queued[lane + 1] and ask.queued[lane + 1][i] or 0 end
    for _, other in ipairs(stopped) do
      if other ~= head and other.lane == lane then
        for i = 1, dim_count do queued[i] = queued[i] + other.costs[i] end
      end
    end
    local entry = {
      process = ask.process, lane = lane, rank = head.rank, since = head.since,
      costs = head.costs, queued = queued, due = 0, published = 0,
    }
    insert(entry)
    entry.published = max(instant_of(entry), now + still)
    if wait == 0 or entry.published - now < wait then wait = max(1, entry.published - now) end
  end
end

lane = -1
local others = {}
for _, entry in ipairs(line) do
  local is_first = entry.lane ~= lane
  lane = entry.lane
  if entry.process ~= ask.process then
    if is_first or entry.due > 0 then
      local instant = entry.due > 0 and now or instant_of(entry)
      if instant + worth < entry.published then
        entry.published = instant
        redis.call('PUBLISH', ARGV[2], entry.process .. ' ' .. string.format('%.0f', instant - now))
      end
    end
    local other = { entry.lane, entry.rank }
    for i = 1, dim_count do other[2 + i] = entry.costs[i] + entry.queued[i] end
    others[#others + 1] = other
  end
end

redis.call('SET', KEYS[1], write(), 'PX', ceil((longest + input.retain) / 1000) + 1000)
return { now, booked, moved, wait, why, fresh and 1 or 0, virtual, blocked_until, pace_until, logs, rooms, others }
