-- A bucket of an earlier generation: its limit was reset as a whole since it was written.
-- Expects: parse_terms.
-- Gives: start_afresh.
--include expired.lua

-- The bucket as a reset of its key would have left it (see forget.lua). No reservation from before returns anything to it.
local function start_afresh(bucket)
  local terms, epoch = bucket.used and parse_terms(bucket.text), bucket.epoch
  if terms and not has_expired(bucket, terms) then epoch = next_epoch(bucket, terms) end
  bucket.used, bucket.last, bucket.carried, bucket.text, bucket.uncapped, bucket.until_us = nil, nil, 0, nil, nil, 0
  bucket.epoch = epoch
end
