-- Puts a key on a list of blocked keys that is in another slot than the bucket of the key, or takes it off.
--
-- KEYS  The list.
-- ARGV  1  The clock and the calendars (see clock.lua).
--       2  For how long the key is blocked, in milliseconds; 0 takes it off.
--       3  The key as it is listed.
-- Reply 1.
--include clock.lua
--include whole-number.lua
--include blocked-list.lua

list_blocked(KEYS[1], ARGV[3], now + tonumber(ARGV[2]) * 1000)
return 1
