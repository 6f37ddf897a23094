-- Counts a refusal against a key. One too many bans the key, and the count begins anew: strikeKey and decideBan of the core.
--
-- KEYS  The bucket; the strikes; the earlier bans; the list of blocked keys, if it is in the same slot; and last the list of generations.
-- ARGV  1  The clock and the calendars (see clock.lua).
--       2  The terms of the strikes.
--       3  The terms of the bans.
--       4  How long the first ban lasts, in milliseconds.
--       5  How many times as long the next ban lasts.
--       6  How long a ban lasts at most, in milliseconds.
--       7  The key as it is listed; absent if the list is in another slot.
-- Reply The level of the ban that this strike brought, and its duration in milliseconds; two zeros for none.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include-when-called rule-change.lua
--include blocking.lua

local values = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
local bucket = read_bucket(KEYS[1], values[1])
if bucket.until_us > now then return { 0, 0 } end

-- The state of a bucket at now, under these terms: used, last and carried.
local function state_at_now(bucket, terms)
  local state = bucket.used and under_terms(bucket, terms, KEEP_USED)
  if state and state.used then return terms.algorithm.advance(state.used, state.last, state.carried, now, terms) end
  return terms.algorithm.lacking((terms.capacity - terms.initial) * terms.scale, now, terms)
end

local function free_of(terms, used, last, carried)
  return terms.capacity * terms.scale - terms.algorithm.missing(used, last, carried, terms)
end

local terms, strikes = parse_terms(ARGV[2]), read_bucket(KEYS[2], values[2])
local used, last, carried = state_at_now(strikes, terms)
if free_of(terms, used, last, carried) >= terms.scale then
  used, last, carried = terms.algorithm.debit(used, last, carried, terms.scale, terms)
end
if free_of(terms, used, last, carried) > 0 then
  put(strikes, terms, used, last, carried)
  write_bucket(strikes)
  return { 0, 0 }
end

local ban_terms, bans = parse_terms(ARGV[3]), read_bucket(KEYS[3], values[3])
local capacity, scale = ban_terms.capacity, ban_terms.scale
local before = capacity * scale - free_of(ban_terms, state_at_now(bans, ban_terms))
local level = math.min(ceil_div(before, scale) + 1, capacity)
local duration_ms = math.min(tonumber(ARGV[6]), tonumber(ARGV[4]) * tonumber(ARGV[5]) ^ (level - 1))
local ends = now + duration_ms * 1000

-- This is first because the terms of the bucket may need a calendar that is not there. Then nothing may have been written.
block_until(bucket, ends, ARGV[7] and KEYS[4], ARGV[7])
redis.call('DEL', KEYS[2])
-- Earlier bans count until they are forgotten, which begins when this ban is over.
put(bans, ban_terms, ban_terms.algorithm.lacking(math.min(before + scale, capacity * scale), ends, ban_terms))
write_bucket(bans)
return { level, duration_ms }
