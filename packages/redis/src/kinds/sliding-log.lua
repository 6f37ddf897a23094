-- A sliding window with a log (l): it decides as sliding-log.ts of the core does. token-bucket.lua says what each function is.
-- Makes: algorithm of l.
-- Expects: floor, floor_div, used_units.
--
-- `carried` is the log. It is never changed, only copied. An entry is 14 bytes: its time, and the units before it. The last entries are in
-- `tail`, which is stored in the bucket. Each 64 entries before them are a block, which is a key of its own (see log-blocks.lua). `index` has
-- 18 bytes for each block: the time of its first entry, the units before the block, and its number. Units in a block or in the tail count
-- from its own start, so that a refund changes one block and the index. Times count from `shift_us`, so that the clock may step back.
-- `rule.rate` is the microseconds in a slot.
local unpack_numbers = struct.unpack

local function entry_time(at, rule)
  if rule.rate == 1 then return at end
  return floor_div(at, rule.rate) * rule.rate
end

-- Microseconds for which an entry counts.
local function counts_us(rule)
  return rule.period_us + rule.rate - 1
end

local function new_log()
  return { tail = '', tail_start = 0, total = 0, index = '', next_block = 0, shift_us = 0, blocks = {}, changed = {} }
end

local function copy(log)
  local copied = {}
  for name, value in pairs(log) do copied[name] = value end
  return copied
end

local function number_at(text, width, place, part)
  return (unpack_numbers('>I7', text, (place - 1) * width + part))
end

-- How many records of a text have at most this value in a part of them. The values ascend. Most often it is the first record alone.
local function count_up_to(text, width, part, value)
  local low, high = 0, #text / width
  if high > 1 and unpack_numbers('>I7', text, width + part) > value then high = 1 end
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if unpack_numbers('>I7', text, (middle - 1) * width + part) <= value then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

-- The entries of a block. If its key is gone, all its units count as one entry, as late as they may have come.
-- Where a slot of a Cluster moves, the bucket and its blocks may be on two nodes. The node that receives the slot then finds nothing, as if
-- the key were gone. But a command with both keys fails there, and so does the script, before it has written anything.
local function read_block(log, block)
  local _, _, number = unpack_numbers('>I7I7I4', log.index, (block - 1) * BLOCK_BYTES + 1)
  local entries = log.changed[number] or log.blocks[number]
  if not entries then
    entries = log.block_key and redis.call('GET', (log.block_key(number)))
    if not entries then
      if log.block_key then redis.call('MGET', log.block_key(number)) end
      local next_time = #log.index > block * BLOCK_BYTES and number_at(log.index, BLOCK_BYTES, block + 1, TIME_AT) or number_at(log.tail, ENTRY_BYTES, 1, TIME_AT)
      entries = struct.pack('>I7I7', next_time, 0)
    end
    log.blocks[number] = entries
  end
  return entries, number
end

-- The units before a block; those before the tail if it is the one after all blocks.
local function start_of(log, block)
  if #log.index < block * BLOCK_BYTES then return log.tail_start end
  return number_at(log.index, BLOCK_BYTES, block, UNITS_AT)
end

-- The last entry whose time, or whose units before it, are at most a value: its place, its block, the entries of this and its number.
-- Its place is 0 if the first entry of the block is later, and its block is 0 if there is no such entry.
local function find(log, part, value)
  local block = #log.index / BLOCK_BYTES + 1
  local from = part == UNITS_AT and log.tail_start or 0
  if block == 1 or (log.tail ~= '' and number_at(log.tail, ENTRY_BYTES, 1, part) + from <= value) then
    return count_up_to(log.tail, ENTRY_BYTES, part, value - from), block, log.tail
  end
  block = count_up_to(log.index, BLOCK_BYTES, part, value)
  if block == 0 then return 0, 0 end
  local entries, number = read_block(log, block)
  if part == UNITS_AT then value = value - start_of(log, block) end
  return count_up_to(entries, ENTRY_BYTES, part, value), block, entries, number
end

-- The units up to the end of an entry.
local function units_after(log, place, block, entries)
  if place * ENTRY_BYTES < #entries then return start_of(log, block) + number_at(entries, ENTRY_BYTES, place + 1, UNITS_AT) end
  if block * BLOCK_BYTES <= #log.index then return start_of(log, block + 1) end
  return log.total
end

-- The time of the entry that has a unit, counted from 0.
local function time_of_unit(log, unit)
  local place, _, entries = find(log, UNITS_AT, unit)
  return number_at(entries, ENTRY_BYTES, math.max(place, 1), TIME_AT) + log.shift_us
end

-- Entries from a place on, with so many units less before them.
local function with_units_taken(entries, place, units)
  local parts = { string.sub(entries, 1, (place - 1) * ENTRY_BYTES) }
  for i = place, #entries / ENTRY_BYTES do
    local time, before = unpack_numbers('>I7I7', entries, (i - 1) * ENTRY_BYTES + 1)
    parts[#parts + 1] = struct.pack('>I7I7', time, before - units)
  end
  return table.concat(parts)
end

-- The index from a block on, with so many units less before them.
local function index_with_units_taken(index, block, units)
  local parts = { string.sub(index, 1, (block - 1) * BLOCK_BYTES) }
  for i = block, #index / BLOCK_BYTES do
    local time, before, number = unpack_numbers('>I7I7I4', index, (i - 1) * BLOCK_BYTES + 1)
    parts[#parts + 1] = struct.pack('>I7I7I4', time, before - units, number)
  end
  return table.concat(parts)
end

-- Removes what has expired: whole blocks, or entries of the tail if there are no blocks. Units are counted anew before they pass 2^53.
local function remove_expired(log, used)
  local before = log.total - used
  local block = count_up_to(log.index, BLOCK_BYTES, UNITS_AT, before)
  if #log.index > 0 and log.tail_start <= before then block = #log.index / BLOCK_BYTES + 1 end
  if block > 1 then log.index = string.sub(log.index, (block - 1) * BLOCK_BYTES + 1) end
  if #log.index > 0 then return end
  local first = count_up_to(log.tail, ENTRY_BYTES, UNITS_AT, before - log.tail_start)
  if first > 1 then log.tail = string.sub(log.tail, (first - 1) * ENTRY_BYTES + 1) end
  if log.total >= REPLIED_AS_TEXT then
    local gone = number_at(log.tail, ENTRY_BYTES, 1, UNITS_AT)
    log.tail, log.total, log.tail_start = with_units_taken(log.tail, 1, gone), log.total - log.tail_start - gone, 0
  end
end

local function debit(used, last, log, amount, rule)
  if amount == 0 then return used, last, log end
  local block_key = log.block_key
  log = used == 0 and new_log() or copy(log)
  if used > 0 then remove_expired(log, used) end
  log.block_key = block_key
  local time, count = entry_time(last, rule) - log.shift_us, #log.tail / ENTRY_BYTES
  if count == 0 or number_at(log.tail, ENTRY_BYTES, count, TIME_AT) < time then
    if count == BLOCK_ENTRIES then
      local number = log.next_block
      log.changed = copy(log.changed)
      log.changed[number] = log.tail
      log.index = log.index .. struct.pack('>I7I7I4', number_at(log.tail, ENTRY_BYTES, 1, TIME_AT), log.tail_start, number)
      log.next_block, log.tail, count = number + 1, '', 0
    end
    if count == 0 then log.tail_start = log.total end
    log.tail = log.tail .. struct.pack('>I7I7', time, log.total - log.tail_start)
  end
  log.total = log.total + amount
  return used + amount, last, log
end

-- Takes units from an entry of a log. None is left of an entry without units, and of a block without entries.
local function take_from_entry(log, place, block, entries, number, units)
  local is_emptied = units_after(log, place, block, entries) - units == start_of(log, block) + number_at(entries, ENTRY_BYTES, place, UNITS_AT)
  log = copy(log)
  entries = with_units_taken(entries, place + 1, units)
  if is_emptied then entries = string.sub(entries, 1, (place - 1) * ENTRY_BYTES) .. string.sub(entries, place * ENTRY_BYTES + 1) end
  if number then
    log.tail_start = log.tail_start - units
    log.index = index_with_units_taken(log.index, block + 1, units)
    log.changed = copy(log.changed)
    log.changed[number] = entries
    if entries == '' then log.index = string.sub(log.index, 1, (block - 1) * BLOCK_BYTES) .. string.sub(log.index, block * BLOCK_BYTES + 1) end
  else
    log.tail = entries
  end
  log.total = log.total - units
  return log
end

local function wait_for(units, _, _, log, now, rule)
  return time_of_unit(log, log.total - rule.capacity + units - 1) + counts_us(rule) - now
end

return {
  debit = debit,
  wait_for = wait_for,

  -- For how long a block must be kept.
  counts_us = counts_us,

  advance = function(used, last, log, now, rule)
    if now > last then
      local place, block, entries = find(log, TIME_AT, now - counts_us(rule) - log.shift_us)
      if block == 0 then return used, now, log end
      local expired = place > 0 and units_after(log, place, block, entries) or start_of(log, block)
      return math.min(used, log.total - expired), now, log
    end
    local time_to_full = used == 0 and 0 or wait_for(rule.capacity, used, last, log, last, rule)
    if last - now <= time_to_full then return used, last, log end
    log = copy(log)
    log.shift_us = log.shift_us + entry_time(now, rule) - entry_time(last, rule)
    return used, now, log
  end,

  missing = used_units,

  lacking = function(amount, now, rule)
    return debit(0, now, new_log(), amount, rule)
  end,

  returnable = function(units, _, charged_at, now, rule)
    return now - entry_time(charged_at, rule) < counts_us(rule) and units or 0
  end,

  -- Takes from the admission of the charge, then from the oldest admissions, which would have returned first.
  give_back = function(used, last, log, amount, rule, charged_at)
    local back = math.min(used, amount)
    local time = charged_at and entry_time(charged_at, rule) - log.shift_us
    local place, block, entries, number = 0, nil, nil, nil
    if time then place, block, entries, number = find(log, TIME_AT, time) end
    if place > 0 and number_at(entries, ENTRY_BYTES, place, TIME_AT) == time then
      local before = start_of(log, block) + number_at(entries, ENTRY_BYTES, place, UNITS_AT)
      local counting = units_after(log, place, block, entries) - math.max(before, log.total - used)
      local taken = math.min(back, counting)
      if taken > 0 then log = take_from_entry(log, place, block, entries, number, taken) end
    end
    return used - back, last, log
  end,

  -- A log of at most three entries with the same waits for a cost, as a list for the reply: times, and the units before them.
  summary = function(used, log, cost, rule)
    local before, list, next_unit = log.total - used, {}, 0
    local function add(unit)
      if unit < next_unit or unit >= used then return end
      list[#list + 1], list[#list + 2] = time_of_unit(log, before + unit), next_unit
      next_unit = unit + 1
    end
    local remaining = math.max(0, rule.capacity - used)
    add(used - rule.capacity + remaining)
    if cost > remaining and cost <= rule.capacity then add(used - rule.capacity + cost - 1) end
    add(used - 1)
    return list
  end,
}
