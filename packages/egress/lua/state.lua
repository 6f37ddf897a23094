-- The question, and the state of the mirror: doubles and names, packed.
-- First come last, skew, ahead, until, pace, heard, probe, and the sizes of the line, of the holds and of each log. Then comes the virtual time by
-- lane, and seen, sure, limit, strangers, end and peak by dimension. The logs, the line and the holds are last.

local input = cjson.decode(ARGV[1])
local dims, ask = input.dims, input.ask
local floor, ceil, max, min, sqrt = math.floor, math.ceil, math.max, math.min, math.sqrt
local dim_count, lane_count = #dims, input.lanes
local now
local last, skew, ahead, blocked_until, pace_until, heard, probe = 0, 0, 0, 0, 0, 0, 0
local virtual, learned, logs, line, holds = {}, {}, {}, {}, {}

local function empty()
  for i = 1, lane_count do virtual[i] = 0 end
  for i = 1, dim_count do
    learned[i] = { seen = 0, sure = 0, limit = 0, strangers = 0, ends = 0, peak = 0 }
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
  local counts = { struct.unpack(doubles(9 + dim_count + lane_count + 6 * dim_count), text) }
  last, skew, ahead, blocked_until, pace_until, heard, probe = unpack(counts, 1, 7)
  local from = 9 + dim_count
  for i = 1, lane_count do virtual[i] = counts[from + i] end
  from = from + lane_count
  for i = 1, dim_count do
    learned[i] = {
      seen = counts[from + 1], sure = counts[from + 2], limit = counts[from + 3], strangers = counts[from + 4], ends = counts[from + 5],
      peak = counts[from + 6],
    }
    from = from + 6
  end
  local at = counts[#counts]
  for i = 1, dim_count do
    local log = { struct.unpack(doubles(counts[9 + i]), text, at) }
    at = table.remove(log)
    logs[i] = log
  end
  at = read_line(text, at, counts[8])
  for i = 1, counts[9] do
    local held, until_us, process, next_at = struct.unpack('<dds', text, at)
    holds[i] = { process = process, held = held, until_us = until_us }
    at = next_at
  end
end

--- Writes the state. Returns the logs, packed, and how many numbers each has.
local function write(...)
  local head = { last, skew, ahead, blocked_until, pace_until, heard, probe, #line, #holds }
  local lengths, packed_logs = {}, {}
  for i = 1, dim_count do
    lengths[i] = #logs[i]
    head[9 + i] = #logs[i]
    packed_logs[i] = struct.pack(doubles(#logs[i]), unpack(logs[i]))
  end
  for i = 1, lane_count do head[#head + 1] = virtual[i] end
  for i = 1, dim_count do
    local n, known = #head, learned[i]
    head[n + 1], head[n + 2], head[n + 3] = known.seen, known.sure, known.limit
    head[n + 4], head[n + 5], head[n + 6] = known.strangers, known.ends, known.peak
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
