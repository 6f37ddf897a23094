-- A bucket as Redis keeps it: reading and writing.
-- Expects: now, spare_ms, ceil_div.
-- Gives: byte, reset_us, keep_us, bucket_of, change_uncapped, put, write_bucket, write_buckets.
--include log-blocks.lua
--
-- Numbers take seven bytes each. A value begins with used and last. From byte 15 on stands the text of the terms, with the mark of a
-- generation after it (see generation-of.lua).
-- A bucket with more to keep has a capital letter as the first letter of its terms. After the terms stand carried, and the time until
-- which the key is blocked, or 0. If the rule has a log, carried is the number of its entries. The entries stand before it: a time and
-- units each.
-- A block or an epoch without a bucket has '-' for terms.
-- A bucket whose changes matter has '+' at byte 15. Then follow its epoch, or 0, and the length of its uncapped state in three bytes, or 0.
-- Then follow that state, as a bucket of its own, and the rest of the bucket, from its terms on.
local byte, pack = string.byte, struct.pack

-- Microseconds until a bucket at now is full.
local function reset_us(used, last, carried, at, terms)
  local algorithm = terms.algorithm
  if algorithm.reset_us then return algorithm.reset_us(used, last, carried, at, terms) end
  if algorithm.missing(used, last, carried, terms) == 0 then return 0 end
  return algorithm.wait_for(terms.capacity, used, last, carried, at, terms)
end

-- Microseconds for which a bucket must be kept: keepUs of the core.
local function keep_us(used, last, carried, at, terms)
  local until_full = reset_us(used, last, carried, at, terms)
  if terms.initial == terms.capacity then return until_full end
  local empty_used, empty_last, empty_carried = terms.algorithm.lacking(terms.capacity * terms.scale, at, terms)
  return until_full + math.max(IDLE_US, reset_us(empty_used, empty_last, empty_carried, at, terms))
end

-- The bucket of a value, whose text has the mark. It has no `used` if the value is absent, or is not ours.
local function bucket_of(key, value)
  local bucket = { key = key, used = nil, last = nil, carried = 0, text = nil, terms = nil, until_us = 0, revision = 0, mark = '' }
  local letter = value and byte(value, 15)
  if not letter then return bucket end
  if letter >= LOWER_A and letter <= LOWER_Z then
    bucket.used, bucket.last = struct.unpack('>I7I7', value)
    bucket.text = string.sub(value, 15)
  elseif letter == PLUS and #value >= 25 then
    local epoch, length = struct.unpack('>I7I3', value, 16)
    local own = bucket_of(key, string.sub(value, 1, 14) .. string.sub(value, 26 + length))
    if not own.used and byte(value, 26 + length) ~= MINUS then return bucket end
    if length > 0 then
      local beside = bucket_of(key, string.sub(value, 26, 25 + length))
      if not own.used or own.text ~= beside.text then return bucket end
      own.uncapped = { used = beside.used, last = beside.last, carried = beside.carried }
      if type(beside.carried) == 'table' then beside.carried.block_key = block_keys(key, UNCAPPED_BLOCK) end
    end
    if epoch > now then own.epoch = epoch end
    return own
  elseif #value >= 29 and (letter == MINUS or (letter >= UPPER_A and letter <= UPPER_Z)) then
    local carried, until_us = struct.unpack('>I7I7', value, #value - 13)
    bucket.until_us = until_us
    local text_end = #value - 14
    if letter == MINUS then
      bucket.text = string.sub(value, 15, text_end)
      return bucket
    end
    if letter == UPPER_L then
      carried, text_end = read_log(key, value, text_end, carried)
      if not carried then return bucket end
    end
    bucket.used, bucket.last = struct.unpack('>I7I7', value)
    bucket.carried = carried
    bucket.text = string.lower(string.sub(value, 15, 15)) .. string.sub(value, 16, text_end)
  end
  return bucket
end

-- The value of a state.
local function value_of(used, last, carried, text, until_us)
  if carried == 0 and until_us == 0 then return pack('>I7I7', used, last) .. text end
  local parts = { pack('>I7I7', used, last), string.upper(string.sub(text, 1, 1)), string.sub(text, 2) }
  if type(carried) == 'table' then
    parts[#parts + 1] = log_text(carried)
    carried = #carried.tail / ENTRY_BYTES
  end
  parts[#parts + 1] = pack('>I7I7', carried, until_us)
  return table.concat(parts)
end

-- The uncapped state after the same has happened to it as to its bucket. `change` gets used, last and carried at now, and the rule.
local function change_uncapped(uncapped, terms, change)
  local used, last, carried = change(terms.algorithm.advance(uncapped.used, uncapped.last, uncapped.carried, now, terms))
  return { used = used, last = last, carried = carried }
end

-- Gives a bucket a state at now. It is written at the end, after everything has been read and decided.
-- The uncapped state is kept beside it as long as more is missing there.
local function put(bucket, terms, used, last, carried, uncapped)
  bucket.used, bucket.last, bucket.carried = used, last, carried
  bucket.terms, bucket.text, bucket.revision = terms, terms.text, bucket.revision + 1
  if uncapped then
    local missing = terms.algorithm.missing
    local is_more = missing(uncapped.used, uncapped.last, uncapped.carried, terms) > missing(used, last, carried, terms)
    bucket.uncapped = is_more and uncapped or nil
  elseif bucket.uncapped then
    bucket.uncapped = nil
  end
end

-- Writes a bucket and its block, for as long as either matters.
local function write_bucket(bucket)
  write_blocks(bucket, true)
  write_blocks(bucket, false)
  local until_us, epoch = bucket.until_us > now and bucket.until_us or 0, bucket.epoch or 0
  local keep, text, beside = math.max(until_us, epoch) - now, '-', nil
  if bucket.used then
    text = bucket.terms.text
    -- A full bucket matters until its own time, which lies ahead after the clock stepped back.
    keep = math.max(keep, keep_us(bucket.used, bucket.last, bucket.carried, now, bucket.terms), bucket.last - now)
    beside = bucket.uncapped
    if beside then keep = math.max(keep, keep_us(beside.used, beside.last, beside.carried, now, bucket.terms)) end
  end
  if keep <= 0 then return redis.call('DEL', bucket.key) end
  text = text .. bucket.mark
  local value = value_of(bucket.used or 0, bucket.last or 0, bucket.carried, text, until_us)
  if beside or epoch > 0 then
    local uncapped = beside and value_of(beside.used, beside.last, beside.carried, text, 0) or ''
    value = table.concat({ string.sub(value, 1, 14), '+', pack('>I7I3', epoch, #uncapped), uncapped, string.sub(value, 15) })
  end
  -- PXAT names a moment. PX would count from the start of the command, rounded down to milliseconds, and may end too early.
  if not spare_ms then return redis.call('SET', bucket.key, value, 'PXAT', string.format('%.0f', ceil_div(now + keep, 1000))) end
  return redis.call('SET', bucket.key, value, 'PX', string.format('%.0f', ceil_div(keep, 1000) + spare_ms))
end

-- Writes the buckets that have changed.
local function write_buckets(buckets)
  write_new_blocks(buckets)
  for _, bucket in pairs(buckets) do
    if bucket.revision > 0 then write_bucket(bucket) end
  end
end
