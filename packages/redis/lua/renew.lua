-- Prolongs a reservation: its leases, each by its length from now on, and the time in which it can be settled.
--
-- KEYS  The page of settlements; the slots of each lease; and last the list of generations.
-- ARGV  1   The clock and the calendars (see clock.lua).
--       2   The lifetime of a reservation, in milliseconds.
--       3   When it was charged, or last renewed, in microseconds since 1970.
--       4   Its bit in the page.
--       5.. The leases.
-- Reply Now; or 0 if a lease has expired, or the reservation is settled or too old.
--include clock.lua
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include settlement-pages.lua

if redis.call('GETBIT', KEYS[1], ARGV[4]) == 1 or is_too_late(tonumber(ARGV[3]), tonumber(ARGV[2])) then return 0 end
local slots, renewed_at = algorithm_of(CONCURRENCY).make_slots(parse_terms), now
for i = 2, #KEYS - 1 do
  if not slots.renew(KEYS[i], ARGV[i + 3]) then renewed_at = 0 end
end
return renewed_at
