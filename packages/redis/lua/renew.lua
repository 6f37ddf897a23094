--[[
Prolongs a reservation: its leases, each by its length from now on, and the time in which it can be settled.

KEYS  The page of settlements; then the slots of each lease.
ARGV  1   The clock and the calendars; see clock.lua. Mostly empty.
      2   The lifetime of a reservation in milliseconds.
      3   When it was charged, or renewed last, in microseconds since the epoch.
      4   Its bit in the page.
      5.. The leases.
Reply Now; 0 if one of the leases has expired, or the reservation is settled or too old.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include slots.lua
--include settlements.lua

if redis.call('GETBIT', KEYS[1], ARGV[4]) == 1 or is_too_late(tonumber(ARGV[3]), tonumber(ARGV[2])) then return 0 end
local all = now
for i = 2, #KEYS do
  local key, lease = KEYS[i], ARGV[i + 3]
  local slots = read_slots(key)
  if is_held(key, lease) then
    local ends = now + length_us(lease)
    redis.call('ZADD', key, ends, lease)
    expire_slots(key, math.max(slots.last_end, ends))
  else
    all = 0
  end
end
return all
