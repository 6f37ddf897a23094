-- Blocking a key.
-- Expects: parse_terms, write_bucket.
--include blocked-list.lua

-- Blocks a key until a time, whatever its bucket says; 0 unblocks it. Changes the list of blocked keys too, if the script can reach it.
local function block_until(bucket, until_us, list, name)
  bucket.terms = bucket.used and parse_terms(bucket.text)
  if not bucket.terms then bucket.used = nil end
  bucket.until_us = until_us
  write_bucket(bucket)
  if list then list_blocked(list, name, until_us) end
end
