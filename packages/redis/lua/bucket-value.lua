-- A bucket as Redis keeps it: used and last, seven bytes each, then the text of its terms. One with more to keep has a capital first
-- letter in its terms, and after them, seven bytes each, what is carried, and the moment until which the key is blocked, or 0. What is
-- carried is a number, or for a log the number of its entries, which stand before it, seven bytes for the time and seven for the
-- units. A block or an epoch without a bucket has '-' for terms. Where a change matters, a plus stands after used and last; then seven bytes
-- for the epoch, or 0, and three for the length of a bucket that follows, which is the uncapped state, or 0 where nothing is forgiven; and
-- then the rest.
local byte = string.byte

-- A value as a table; what is absent has no used, and so has what somebody else has written.
local function read_bucket(key, value)
  local bucket = { key = key, used = nil, last = nil, carried = 0, text = nil, until_us = 0, epoch = nil, terms = nil, dirty = false }
  local letter = value and byte(value, 15)
  if not letter then return bucket end
  if letter >= 97 and letter <= 122 then
    bucket.used, bucket.last = struct.unpack('>I7I7', value)
    bucket.text = string.sub(value, 15)
  elseif letter == 43 and #value >= 25 then
    local epoch, length = struct.unpack('>I7I3', value, 16)
    local own = read_bucket(key, string.sub(value, 1, 14) .. string.sub(value, 26 + length))
    if not own.used and byte(value, 26 + length) ~= 45 then return bucket end
    if length > 0 then
      local beside = read_bucket(key, string.sub(value, 26, 25 + length))
      if not own.used or own.text ~= beside.text then return bucket end
      own.uncapped = { used = beside.used, last = beside.last, carried = beside.carried }
    end
    if epoch > now then own.epoch = epoch end
    return own
  elseif #value >= 29 and (letter == 45 or (letter >= 65 and letter <= 90)) then
    local carried, until_us = struct.unpack('>I7I7', value, #value - 13)
    bucket.until_us = until_us
    if letter == 45 then return bucket end
    local text_end = #value - 14
    if letter == 76 then
      text_end = text_end - 14 * carried
      if text_end < 15 then return bucket end
      local log = {}
      for i = 1, carried do
        log[2 * i - 1], log[2 * i] = struct.unpack('>I7I7', value, text_end + 14 * i - 13)
      end
      carried = log
    end
    bucket.used, bucket.last = struct.unpack('>I7I7', value)
    bucket.carried = carried
    bucket.text = string.lower(string.sub(value, 15, 15)) .. string.sub(value, 16, text_end)
  end
  return bucket
end
