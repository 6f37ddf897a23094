-- Reads a bucket and slots.
--
-- KEYS  The bucket; the slots; the list of generations.
-- ARGV  1  The clock and the calendars (see clock.lua).
-- Reply Now. The microseconds for which the key is blocked. How many slots are held, when the first and the last of them end, and the text
--       of their terms, which is empty if none is held. Then, if there is a bucket: used, last, carried, and the text of its terms.
--       Then, if part of what was used does not count: used, last and carried of the uncapped state.
--       A log is a summary as of now.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include expired.lua

local bucket = read_bucket(KEYS[1], redis.call('MGET', KEYS[1])[1])
local slots = algorithm_of(CONCURRENCY).make_slots(parse_terms).read(KEYS[2])
local reply = { now, math.max(0, bucket.until_us - now), slots.held, slots.first_end, slots.last_end, slots.terms and slots.terms.text or '' }
local terms = type(bucket.carried) == 'table' and parse_terms(bucket.text)
if terms and has_expired(bucket, terms) then bucket.used = nil end
if terms and bucket.used then
  local function summarize(state)
    if now > state.last then
      state.used, state.last, state.carried = terms.algorithm.advance(state.used, state.last, state.carried, now, terms)
    end
    state.carried = terms.algorithm.summary(state.used, state.carried, 1, terms)
  end
  summarize(bucket)
  if bucket.uncapped then summarize(bucket.uncapped) end
end
if bucket.used then
  reply[7], reply[8], reply[9], reply[10] = reply_number(bucket.used), bucket.last, bucket.carried, bucket.text
  local beside = bucket.uncapped
  if beside then reply[11], reply[12], reply[13] = reply_number(beside.used), beside.last, beside.carried end
end
return reply
