--[[
Prolongs the leases of a reservation, each by its length from now on.

KEYS  The marker of its settlement; then the slots of each lease.
ARGV  1   The clock and the calendars; see clock.lua. Mostly empty.
      2.. The leases.
Reply 1; 0 if one of them has expired or the reservation is settled.
]]
--include clock.lua
--include algorithms.lua
--include terms.lua
--include slots.lua

if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local all = 1
for i = 2, #KEYS do
  local key, lease = KEYS[i], ARGV[i]
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
