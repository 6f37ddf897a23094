-- The question, and the state of the mirror: doubles and names, packed.
-- First come last, skew, ahead, until, pace, and the sizes of the line, of the holds and of each log. Then comes the virtual time by lane, and
-- seen, limit and strangers by dimension. The logs, the line and the holds are last.

local input = cjson.decode(ARGV[1])
local dims, ask = input.dims, input.ask
local floor, ceil, max, min, sqrt = math.floor, math.ceil, math.max, math.min, math.sqrt
local dim_count, lane_count = #dims, input.lanes
local now
local last, skew, ahead, blocked_until, pace_until = 0, 0, 0, 0, 0
local virtual, learned, logs, line, holds = {}, {}, {}, {}, {}

local function empty()
  for i = 1, lane_count do virtual[i] = 0 end
  for i = 1, dim_count do
    learned[i] = { seen = 0, limit = 0, strangers = 0 }
    logs[i] = {}
  end
end

local function doubles(count) return '<' .. string.rep('d', count) end

--- The line: six numbers, the costs, what waits behind it, and the name of the process.
local function read_line(text, at, count)
  local queued_from = 5 + dim_count
  local format = doubles(queued_from + dim_count + 1) .. 's'
  for i = 1, count do
    local numbers = { struct.unpack(format, text, at) }
    local entry = { lane = numbers[1], rank = numbers[2], since = numbers[3], due = numbers[4], published = numbers[5], costs = {}, queued = {} }
    for d = 1, dim_count do entry.costs[d] = numbers[5 + d] end
    for d = 1, dim_count + 1 do entry.queued[d] = numbers[queued_from + d] end
    entry.process = numbers[#numbers - 1]
    at = numbers[#numbers]
    line[i] = entry
  end
  return at
end

local function read(text)
  local counts = { struct.unpack(doubles(7 + dim_count + lane_count + 3 * dim_count), text) }
  last, skew, ahead, blocked_until, pace_until = counts[1], counts[2], counts[3], counts[4], counts[5]
  local from = 7 + dim_count
  for i = 1, lane_count do virtual[i] = counts[from + i] end
  from = from + lane_count
  for i = 1, dim_count do
    learned[i] = { seen = counts[from + 1], limit = counts[from + 2], strangers = counts[from + 3] }
    from = from + 3
  end
  local at = counts[#counts]
  for i = 1, dim_count do
    local log = { struct.unpack(doubles(counts[7 + i]), text, at) }
    at = table.remove(log)
    logs[i] = log
  end
  at = read_line(text, at, counts[6])
  for i = 1, counts[7] do
    local held, until_us, process, next_at = struct.unpack('<dds', text, at)
    holds[i] = { process = process, held = held, until_us = until_us }
    at = next_at
  end
end

--- Writes the state. Returns the logs, packed, and how many numbers each has.
local function write(...)
  local head = { last, skew, ahead, blocked_until, pace_until, #line, #holds }
  local lengths, packed_logs = {}, {}
  for i = 1, dim_count do
    lengths[i] = #logs[i]
    head[7 + i] = #logs[i]
    packed_logs[i] = struct.pack(doubles(#logs[i]), unpack(logs[i]))
  end
  for i = 1, lane_count do head[#head + 1] = virtual[i] end
  for i = 1, dim_count do
    local n = #head
    head[n + 1], head[n + 2], head[n + 3] = learned[i].seen, learned[i].limit, learned[i].strangers
  end
  local packed = table.concat(packed_logs)
  local parts = { struct.pack(doubles(#head), unpack(head)), packed }
  local format = doubles(6 + 2 * dim_count) .. 's'
  for _, entry in ipairs(line) do
    local numbers = { entry.lane, entry.rank, entry.since, entry.due, entry.published }
    for d = 1, dim_count do numbers[5 + d] = entry.costs[d] end
    for d = 1, dim_count + 1 do numbers[5 + dim_count + d] = entry.queued[d] end
    numbers[7 + 2 * dim_count] = entry.process
    parts[#parts + 1] = struct.pack(format, unpack(numbers))
  end
  for _, hold in ipairs(holds) do parts[#parts + 1] = struct.pack('<dds', hold.held, hold.until_us, hold.process) end
  redis.call('SET', KEYS[1], table.concat(parts), ...)
  return packed, lengths
end
