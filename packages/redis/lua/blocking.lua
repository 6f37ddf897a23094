-- Blocking a key, and lifting that.
--include blocked-list.lua

-- Blocks a key until then, whatever its bucket says, or lifts that; and says so on the list, where that is in reach.
local function block_until(bucket, until_us, list, name)
  bucket.terms = bucket.used and parse_terms(bucket.text)
  if not bucket.terms then bucket.used = nil end
  bucket.until_us = until_us
  write_bucket(bucket)
  if list then list_blocked(list, name, until_us) end
end
