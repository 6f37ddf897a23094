-- Whether a bucket is as good as never used: hasLapsed of the core.
local function has_lapsed(bucket, terms)
  local used, last, carried = bucket.used, bucket.last, bucket.carried
  if now < last then return false end
  if terms.initial < terms.capacity then return now - last >= keep_us(used, last, carried, last, terms) end
  used, last, carried = terms.algorithm.advance(used, last, carried, now, terms)
  -- A child with a guarantee is present for a while.
  if terms.kind == 'q' and carried > 0 then return false end
  return terms.algorithm.missing(used, last, carried, terms) == 0
end
