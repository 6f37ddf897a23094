-- The epoch of a bucket: epoch.ts of the core, which says what it is for. An open bucket has none where no change matters any more.
local latest_epoch = 2 ^ 52

-- The epoch that a change of a bucket under these terms begins; nil where no reservation could return anything in any case.
local function next_epoch(bucket, terms)
  local algorithm = terms.algorithm
  local used, last, carried = algorithm.advance(bucket.used, bucket.last, bucket.carried, now, terms)
  local until_full = algorithm.reset_us(used, last, carried, now, terms)
  local epoch = math.max(until_full > 0 and math.min(now + until_full, latest_epoch) or 0, bucket.epoch and bucket.epoch + 1 or 0)
  return epoch > 0 and epoch or nil
end
