-- Whether a bucket is as good as never used: hasLapsed of the core.
local function is_full(state, terms)
  local used, last, carried = terms.algorithm.advance(state.used, state.last, state.carried, now, terms)
  -- A child with a guarantee is present for a while.
  if terms.kind == 'q' and carried > 0 then return false end
  return terms.algorithm.missing(used, last, carried, terms) == 0
end

local function has_lapsed(bucket, terms)
  local last, uncapped = bucket.last, bucket.uncapped
  if now < last then return false end
  if terms.initial < terms.capacity then
    local keep = keep_us(bucket.used, last, bucket.carried, last, terms)
    if uncapped then keep = math.max(keep, keep_us(uncapped.used, uncapped.last, uncapped.carried, last, terms)) end
    return now - last >= keep
  end
  return is_full(bucket, terms) and (not uncapped or is_full(uncapped, terms))
end
