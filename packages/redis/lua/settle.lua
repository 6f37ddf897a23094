--[[
Replaces what a reservation charged by what was used, once: the first settlement leaves a marker for as long as a hold lives.

KEYS  The marker; then the bucket of each entry.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     The lifetime of a hold in milliseconds; empty for one that nobody settles twice, and that leaves no marker.
      then  For each entry: its terms; its units; when they were charged, microseconds since the epoch; the units used.
Reply 1 if this was the first settlement and in time, else 0; then for each entry the units that could not be charged.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include bucket.lua
--include settlement.lua

local values = redis.call('MGET', unpack(KEYS))
local lifetime_ms = tonumber(ARGV[2])
local charged_at = tonumber(ARGV[5]) or now
if lifetime_ms and (values[1] or now - charged_at > lifetime_ms * 1000) then return { 0 } end

local buckets, reply = {}, { 1 }
for i = 2, #KEYS do
  local arg = 4 * i - 6
  local bucket = read_bucket(KEYS[i], values[i])
  buckets[i] = bucket
  local terms, units, at, actual = parse_terms(ARGV[arg + 1]), tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 3]), tonumber(ARGV[arg + 4])
  reply[i] = exact(settle_charge(bucket, terms, units, at, actual))
end
if lifetime_ms then redis.call('SET', KEYS[1], '', 'PX', lifetime_ms) end
write_buckets(buckets)
return reply
