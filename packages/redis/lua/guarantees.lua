-- The record of a parent's children beside their buckets: guarantee-pool.ts of the core.
local present_for = 2

-- What the record counts of a child's bucket, if that is one of a guaranteed share of such a period: units kept for it in this period, and
-- those asked for in the next.
local function counted_in(bucket, terms)
  if not bucket.used or byte(bucket.text) ~= 113 then return 0, 0 end
  local stored = bucket.text == terms.text and terms or parse_terms(bucket.text)
  -- A record of other periods has begun anew.
  if stored.period_us ~= terms.period_us then return 0, 0 end
  local used, _, carried = stored.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, stored)
  return carried > 0 and math.max(0, stored.capacity - used) or 0, carried == present_for and stored.capacity or 0
end

-- The record at now, and its terms.
local function read_pool(pool, terms)
  local text = 'p0,1,1,' .. string.match(terms.text, '^%w+,%w+,%w+,(%w+),') .. ','
  local own = parse_terms(text)
  if pool.text ~= text then return own, 0, now, 0 end
  return own, own.algorithm.advance(pool.used, pool.last, pool.carried, now, own)
end

-- Corrects what the record counts of one child, of whose bucket it counted these before.
local function recount(pool, terms, unmet_before, asked_before, bucket)
  local own, used, last, carried = read_pool(pool, terms)
  local unmet, asked = counted_in(bucket, terms)
  put(pool, own, math.max(0, used - unmet_before) + unmet, last, math.max(0, carried - asked_before) + asked)
end
