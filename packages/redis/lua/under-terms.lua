-- A bucket under terms that are not simply its own: underTerms of the core, the whole of it. Its functions are made only when they are
-- needed, which is rarely, because making functions is a good part of what a call costs.
-- Returns the state, absent where the bucket is as good as never used, the terms that decide, the uncapped state, the epoch, and whether the
-- state was converted.
local function under_terms(bucket, terms, how)
  --include scale.lua
  --include lapsed.lua
  --include epoch.lua
  --include migrate.lua
  local old = bucket.text == terms.text and terms or parse_terms(bucket.text)
  if not old or has_lapsed(bucket, old) then return nil, nil, 0, terms, nil, bucket.epoch, false end
  if old.version > terms.version then return bucket.used, bucket.last, bucket.carried, old, bucket.uncapped, bucket.epoch, false end
  if same_rule(old, terms) then return bucket.used, bucket.last, bucket.carried, terms, bucket.uncapped, bucket.epoch, false end
  local used, last, carried, uncapped = migrate(bucket, old, terms, how)
  return used, last, carried, terms, uncapped, next_epoch(bucket, old), true
end
