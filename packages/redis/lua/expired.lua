-- Whether a bucket has expired, which means that it is the same as one never used; and its epoch: `isExpired` and `bucket.ts` of the core.
-- Expects: now, reset_us, keep_us.
-- Gives: has_expired, next_epoch.

local function is_full(state, terms)
  local used, last, carried = terms.algorithm.advance(state.used, state.last, state.carried, now, terms)
  -- A child with a guarantee is active for a while.
  if terms.kind == GUARANTEED and carried > 0 then return false end
  return terms.algorithm.missing(used, last, carried, terms) == 0
end

local function has_expired(bucket, terms)
  local last, uncapped = bucket.last, bucket.uncapped
  if now < last then return false end
  if terms.initial < terms.capacity then
    local keep = keep_us(bucket.used, last, bucket.carried, last, terms)
    if uncapped then keep = math.max(keep, keep_us(uncapped.used, uncapped.last, uncapped.carried, last, terms)) end
    return now - last >= keep
  end
  return is_full(bucket, terms) and (not uncapped or is_full(uncapped, terms))
end

-- The epoch that a change of a bucket under these terms begins; nil if no reservation could return anything in any case.
-- A bucket that was read has no epoch if no change matters any more.
local function next_epoch(bucket, terms)
  local used, last, carried = terms.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, terms)
  local until_full = reset_us(used, last, carried, now, terms)
  local epoch = math.max(until_full > 0 and math.min(now + until_full, LATEST_EPOCH) or 0, bucket.epoch and bucket.epoch + 1 or 0)
  return epoch > 0 and epoch or nil
end
