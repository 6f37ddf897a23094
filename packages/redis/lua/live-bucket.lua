-- Buckets as a script finds them: those of an earlier generation count as never used.
-- Expects: generations, generation_of, divide_mark.
-- Gives: read_bucket.
--include bucket.lua
--include-when-called start-afresh.lua

-- The bucket of a value. It has no `used` if the value is absent, is not ours, or is of an earlier generation.
local function read_bucket(key, value)
  local bucket = bucket_of(key, value)
  local text, mark = bucket.text, ''
  if text then bucket.text, mark = divide_mark(text) end
  bucket.mark = mark
  if not generations then return bucket end
  bucket.mark = generation_of(generations, key)
  if text and bucket.mark ~= mark then start_afresh(bucket) end
  return bucket
end
