--[[
Forgets a key: its bucket with its block, its slots, and what bans know of it.

KEYS  All of these; and last, where it is in reach, the list of who is blocked.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
      2  The key as it is listed; absent where the list is not in reach.
Reply 1.
]]
--include clock.lua
--include whole-number.lua
--include blocked-list.lua

for i = 1, #KEYS - (ARGV[2] and 1 or 0) do redis.call('DEL', KEYS[i]) end
if ARGV[2] then list_blocked(KEYS[#KEYS], ARGV[2], 0) end
return 1
