-- The log of a bucket in Redis: its part in the bucket, and its blocks (see sliding-log.lua).
-- Expects: now, spare_ms, ceil_div.
-- Gives: block_keys, read_log, log_text, write_blocks, write_new_blocks, delete_blocks.
--
-- In the bucket stand the entries of the tail, and the index. Then follow numbers. The shift plus 2^52, the total, and the start of the tail
-- have seven bytes each, the next block has four, and the blocks of the index have three. A block is a key beside the bucket, in the same slot:
-- '}=', its number and ':' stand there for '}:'. Scripts are not sent these keys, because the caller does not know which there are.

-- A function that gives the key of a block of a bucket, and that of the bucket.
local function block_keys(key, mark)
  return function(number)
    return (string.gsub(key, '}:', '}=' .. mark .. string.format('%.0f', number) .. ':', 1)), key
  end
end

-- The log that ends at this byte of a value, and the byte before it; nil if it cannot be there.
local function read_log(key, value, ends, count)
  local meta = ends - 27
  if meta < 16 then return nil end
  local shift_us, total, tail_start, next_block, blocks = struct.unpack('>I7I7I7I4I3', value, meta)
  local index = meta - BLOCK_BYTES * blocks
  local tail = index - ENTRY_BYTES * count
  if tail < 16 then return nil end
  local log = {
    tail = string.sub(value, tail, index - 1),
    tail_start = tail_start,
    total = total,
    index = string.sub(value, index, meta - 1),
    next_block = next_block,
    shift_us = shift_us - SHIFT_ZERO,
    block_key = block_keys(key, OWN_BLOCK),
    blocks = {},
    changed = {},
  }
  return log, tail - 1
end

local function log_text(log)
  local numbers = struct.pack('>I7I7I7I4I3', log.shift_us + SHIFT_ZERO, log.total, log.tail_start, log.next_block, #log.index / BLOCK_BYTES)
  return log.tail .. log.index .. numbers
end

-- Writes the blocks of a state that have changed: those that are new, or those that were read.
-- A block is read as long as the entry after its last one counts. It was written when that entry came.
local function write_changed(key, mark, state, terms, are_new)
  local log = state.carried
  if type(log) ~= 'table' then return end
  local key_of = block_keys(key, mark)
  local keep_ms = ceil_div(math.max(0, state.last - now) + terms.algorithm.counts_us(terms), 1000)
  for number, entries in pairs(log.changed) do
    if (log.blocks[number] == nil) == are_new then
      log.changed[number], log.blocks[number] = nil, entries
      if entries == '' then
        redis.call('DEL', key_of(number))
      elseif spare_ms then
        redis.call('SET', key_of(number), entries, 'PX', string.format('%.0f', keep_ms + spare_ms))
      else
        redis.call('SET', key_of(number), entries, 'PXAT', string.format('%.0f', ceil_div(now, 1000) + keep_ms))
      end
    end
  end
end

-- Writes the blocks of a bucket: those that are new, or the others.
local function write_blocks(bucket, are_new)
  if not bucket.used then return end
  write_changed(bucket.key, OWN_BLOCK, bucket, bucket.terms, are_new)
  if bucket.uncapped then write_changed(bucket.key, UNCAPPED_BLOCK, bucket.uncapped, bucket.terms, are_new) end
end

-- Writes the new blocks of buckets. Where a slot of a Cluster moves, a key that is not there yet cannot be written. So this comes before
-- all else that is written. A new block without its bucket means nothing, and is written again.
local function write_new_blocks(buckets)
  for _, bucket in pairs(buckets) do
    if bucket.revision > 0 then write_blocks(bucket, true) end
  end
end

-- Deletes the blocks of a bucket that was read.
local function delete_blocks(bucket)
  for _, state in ipairs({ bucket, bucket.uncapped }) do
    local log, keys = state.carried, {}
    for i = 1, type(log) == 'table' and #log.index or 0, BLOCK_BYTES do
      local _, _, number = struct.unpack('>I7I7I4', log.index, i)
      keys[#keys + 1] = (log.block_key(number))
    end
    if #keys > 0 then redis.call('DEL', unpack(keys)) end
  end
end
