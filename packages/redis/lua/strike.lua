--[[
Counts a refusal against a key. One too many bans it, and the count begins anew: strikeKey and decideBan of the core.

KEYS  The bucket; the strikes; the earlier bans; and last, where it is in reach, the list of who is blocked.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
      2  The terms of the strikes.
      3  The terms of the bans.
      4  How long the first ban lasts, in milliseconds.
      5  How many times as long the next one does.
      6  How long a ban lasts at most, in milliseconds.
      7  The key as it is listed; absent where the list is not in reach.
Reply The level of the ban that this brought, and how long it lasts in milliseconds; two zeros for none.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include under-terms.lua
--include blocking.lua

local values = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
local bucket = read_bucket(KEYS[1], values[1])
if bucket.until_us > now then return { 0, 0 } end

-- The state of a bucket under the terms of the call; nil for one that is as good as never used.
local function state_of(key, value, terms)
  local found = read_bucket(key, value)
  if not found.used then return found, nil, nil, 0 end
  return found, under_terms(found, terms, 'u')
end

local strike_terms = parse_terms(ARGV[2])
local strikes, used, last, carried = state_of(KEYS[2], values[2], strike_terms)
local _, _, _, _, counted, counted_last, counted_carried = strike_terms.algorithm.decide(used, last, carried, now, 1, strike_terms)
if strike_terms.algorithm.missing(counted, counted_last, counted_carried, strike_terms) < strike_terms.capacity * strike_terms.scale then
  put(strikes, strike_terms, counted, counted_last, counted_carried)
  write_bucket(strikes)
  return { 0, 0 }
end

local terms = parse_terms(ARGV[3])
local scale, capacity = terms.scale, terms.capacity
local bans, ban_used, ban_last, ban_carried = state_of(KEYS[3], values[3], terms)
local before = 0
if ban_used then
  ban_used, ban_last, ban_carried = terms.algorithm.advance(ban_used, ban_last, ban_carried, now, terms)
  before = terms.algorithm.missing(ban_used, ban_last, ban_carried, terms)
end
local level = math.min(ceil_div(before, scale) + 1, capacity)
local duration_ms = math.min(tonumber(ARGV[6]), tonumber(ARGV[4]) * tonumber(ARGV[5]) ^ (level - 1))
local ends = now + duration_ms * 1000

-- First, because the terms of the bucket may need a calendar that is not there, and nothing may have been written then.
block_until(bucket, ends, ARGV[7] and KEYS[#KEYS], ARGV[7])
redis.call('DEL', KEYS[2])
-- Forgetting begins when the ban is over.
put(bans, terms, terms.algorithm.lacking(math.min(before + scale, capacity * scale), ends, terms))
write_bucket(bans)
return { level, duration_ms }
