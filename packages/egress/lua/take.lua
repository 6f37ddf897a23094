-- One step of the mirror of a provider, the same as `src/mirror/take.ts`, step by step. The files that it includes are named like those of
-- `src/mirror`.
-- KEYS[1]  The state: doubles and names, packed.
-- KEYS[2]  The number of the latest settlements of the process.
-- ARGV[1]  The rules and the question, as JSON (see src/redis/redis-mirror.ts).
-- ARGV[2]  The channel of hints.
-- ARGV[3]  The time in microseconds, for tests alone. If empty, the clock of the server is read.
--
-- Replies {now, booked, moved, wait, why, fresh, virtual, until, pace, free, lengths, logs, rooms, others, probe}. Times are in microseconds, and flags
-- are 0 and 1. `why` is a place in {empty, full, turn, blocked, slots, unseen}. `logs` has the numbers of all logs, packed, and `lengths` how many each has.
--
-- Publishes `process wait` for each call of another process that may be sent earlier than it knows.
--include state.lua
--include window-log.lua
--include mirror-clock.lua
--include learn.lua
--include room.lua
--include line.lua

local text = redis.call('GET', KEYS[1])
if text then read(text) else empty() end
local server = tonumber(ARGV[3])
if not server then
  local time = redis.call('TIME')
  server = time[1] * 1000000 + time[2]
end

local longest, retained = 0, 0
for i = 1, dim_count do
  longest = max(longest, horizon(dims[i]))
  retained = max(retained, horizon(dims[i]) + dims[i].retain)
end
local fresh = last == 0 and ask.known ~= nil and ask.known.most < longest
local still = advance(server, ask.known)
now = last
if fresh then blocked_until = now + longest end
if ask.block > 0 then blocked_until = max(blocked_until, now + ask.block) end
for i = 1, dim_count do logs[i] = drop_old(logs[i], now, horizon(dims[i]) + dims[i].retain) end

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

if ask.settling > 0 and ask.settling > tonumber(redis.call('GET', KEYS[2]) or 0) then
  redis.call('SET', KEYS[2], ask.settling, 'PX', ceil(input.settled / 1000))
  for _, settle in ipairs(ask.settles) do
    give_back(settle.at, settle.back)
    if settle.at == probe then probe = 0 end
  end
end
if #ask.charges > 0 then book_all(ask.charges) end
local moved = {}
for index, move in ipairs(ask.moves) do
  local counts = ask.pace ~= 'paced'
  for i = 1, dim_count do
    if move.costs[i] > 0 and move.at + horizon(dims[i]) <= now then counts = false end
  end
  give_back(move.at, move.costs)
  if move.at == probe then probe = counts and now or 0 end
  if counts then book_all(move.costs) end
  moved[index] = counts and 1 or 0
end
for _, seen in ipairs(ask.seen) do
  local i = seen.dimension + 1
  learn(learned[i], logs[i], seen, dims[i])
end
if #ask.seen > 0 then heard, probe = now, 0 end

for i = 1, dim_count do
  rooms[i] = room_of(learned[i], dims[i])
  if dims[i].spaced then widest_slot = max(widest_slot, dims[i].slot) end
end
local hold = hold_of()
probe_end = count_probe_end()
count_free_slots()

local booked, stopped, why = {}, {}, 'empty'
for index, head in ipairs(ask.heads) do
  local reason = 'blocked'
  if still == 0 then reason = stopper_of(head, stopped) end
  if reason == nil then
    book_all(head.costs)
    virtual[head.lane + 1] = max(virtual[head.lane + 1], head.rank)
    pace_until = paced_from() + spacing(head.costs)
    free_slots = free_slots - 1
    probe_end = begin_probe()
    hold.held = hold.held + 1
    booked[index] = 1
  else
    if #stopped == 0 then why = reason end
    stopped[#stopped + 1] = head
    booked[index] = 0
  end
end
local wait = enter_line(stopped, still)
local others = publish()

local packed, lengths = write('PX', ceil(retained / 1000) + 1000)
local whys = { empty = 0, full = 1, turn = 2, blocked = 3, slots = 4, unseen = 5 }
return {
  now, booked, moved, wait, whys[why], fresh and 1 or 0, virtual, blocked_until, pace_until,
  input.slots > 0 and free_slots or false, lengths, packed, rooms, others, probe_end,
}
