-- A bucket as Redis keeps it: used and last, seven bytes each, then the text of its terms. One with more to keep has a capital first
-- letter in its terms, and after them, seven bytes each, what is carried, and the moment until which the key is blocked, or 0. A block
-- without a bucket has '-' for terms.
local byte = string.byte

-- A value as a table; what is absent has no used, and so has what somebody else has written.
local function read_bucket(key, value)
  local bucket = { key = key, used = nil, last = nil, carried = 0, text = nil, until_us = 0, terms = nil, dirty = false }
  local letter = value and byte(value, 15)
  if not letter then return bucket end
  if letter >= 97 and letter <= 122 then
    bucket.used, bucket.last = struct.unpack('>I7I7', value)
    bucket.text = string.sub(value, 15)
  elseif #value >= 29 and (letter == 45 or (letter >= 65 and letter <= 90)) then
    local carried, until_us = struct.unpack('>I7I7', value, #value - 13)
    bucket.until_us = until_us
    if letter == 45 then return bucket end
    bucket.used, bucket.last = struct.unpack('>I7I7', value)
    bucket.carried = carried
    bucket.text = string.lower(string.sub(value, 15, 15)) .. string.sub(value, 16, #value - 14)
  end
  return bucket
end
