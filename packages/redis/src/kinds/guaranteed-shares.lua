-- What a child with a guarantee is owed, and the record of it beside the bucket of its parent: guarantee-pool.ts of the core.
-- Expects: now, put, parse_terms.
-- Gives: counted_in, read_record, recount.

-- What the record counts for the bucket of a child: units reserved in this period, and units to be reserved in the next.
-- Both are 0 for a bucket of another kind, or of another period: a record of other periods has begun anew.
local function counted_in(bucket, terms)
  if not bucket.used or string.sub(bucket.text, 1, 1) ~= GUARANTEED then return 0, 0 end
  local stored = bucket.text == terms.text and terms or parse_terms(bucket.text)
  if stored.period_us ~= terms.period_us then return 0, 0 end
  local used, _, carried = stored.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, stored)
  return carried > 0 and math.max(0, stored.capacity - used) or 0, carried == ACTIVE_PERIODS and stored.capacity or 0
end

-- The terms of the record of a child with these terms; and its used, last and carried at now.
local function read_record(record, terms)
  local text = RESERVED_SHARES .. '0,1,1,' .. string.match(terms.text, '^%w+,%w+,%w+,(%w+),') .. ','
  local own = parse_terms(text)
  if record.text ~= text then return own, 0, now, 0 end
  return own, own.algorithm.advance(record.used, record.last, record.carried, now, own)
end

-- Corrects the record after the bucket of one child has changed. Before, the record counted these two numbers for it.
local function recount(record, terms, unused_before, next_before, bucket)
  local own, used, last, carried = read_record(record, terms)
  local unused, next_units = counted_in(bucket, terms)
  put(record, own, math.max(0, used - unused_before) + unused, last, math.max(0, carried - next_before) + next_units)
end
