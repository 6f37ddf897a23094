-- A bucket that may have to be written, and for how long it is kept then.
--include bucket-value.lua
local pack = struct.pack

-- Microseconds for which a bucket at now must be kept: keepUs of the core.
local function keep_us(used, last, carried, now, terms)
  local algorithm = terms.algorithm
  local until_full = algorithm.reset_us(used, last, carried, now, terms)
  if terms.initial == terms.capacity then return until_full end
  local empty_used, empty_last, empty_carried = algorithm.lacking(terms.capacity * terms.scale, now, terms)
  return until_full + algorithm.reset_us(empty_used, empty_last, empty_carried, now, terms)
end

-- A bucket as a value.
local function value_of(used, last, carried, text, until_us)
  if carried == 0 and until_us == 0 then return pack('>I7I7', used, last) .. text end
  local parts = { pack('>I7I7', used, last), string.upper(string.sub(text, 1, 1)), string.sub(text, 2) }
  if type(carried) == 'table' then
    for i = 1, #carried, 2 do parts[#parts + 1] = pack('>I7I7', carried[i], carried[i + 1]) end
    carried = #carried / 2
  end
  parts[#parts + 1] = pack('>I7I7', carried, until_us)
  return table.concat(parts)
end

-- Gives a bucket a state at now, to be written at the end: nothing is written before everything has been read and decided. Beside it stands
-- the uncapped state, as long as that is more than what is missing.
local function put(bucket, terms, used, last, carried, uncapped)
  bucket.used, bucket.last, bucket.carried = used, last, carried
  bucket.terms, bucket.text, bucket.dirty = terms, terms.text, true
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
  local until_us, epoch = bucket.until_us > now and bucket.until_us or 0, bucket.epoch or 0
  local keep, text, beside = math.max(until_us, epoch) - now, '-', nil
  if bucket.used then
    text = bucket.terms.text
    -- A full bucket counts for something until its own time, which lies ahead after the clock stepped back.
    keep = math.max(keep, keep_us(bucket.used, bucket.last, bucket.carried, now, bucket.terms), bucket.last - now)
    beside = bucket.uncapped
    if beside then keep = math.max(keep, keep_us(beside.used, beside.last, beside.carried, now, bucket.terms)) end
  end
  if keep <= 0 then return redis.call('DEL', bucket.key) end
  local value = value_of(bucket.used or 0, bucket.last or 0, bucket.carried, text, until_us)
  if beside or epoch > 0 then
    local in_all = beside and value_of(beside.used, beside.last, beside.carried, text, 0) or ''
    value = table.concat({ string.sub(value, 1, 14), '+', pack('>I7I3', epoch, #in_all), in_all, string.sub(value, 15) })
  end
  -- Until a moment, not for a while: a while counts from the start of the command, rounded down to milliseconds, and may end too early.
  if not spare_ms then return redis.call('SET', bucket.key, value, 'PXAT', string.format('%.0f', ceil_div(now + keep, 1000))) end
  return redis.call('SET', bucket.key, value, 'PX', string.format('%.0f', ceil_div(keep, 1000) + spare_ms))
end

-- Writes what has changed.
local function write_buckets(buckets)
  for _, bucket in pairs(buckets) do
    if bucket.dirty then write_bucket(bucket) end
  end
end
