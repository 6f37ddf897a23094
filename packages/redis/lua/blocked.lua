--[[
Reads who is blocked, and changes nothing.

KEYS  The list; see blocked-list.lua.
ARGV  1  The clock and the calendars; see clock.lua. Mostly empty.
      2  How many at most.
Reply Now; then for each key that is blocked the key as it is listed, and until when in microseconds since the epoch; the longest first.
]]
--include clock.lua

local reply = redis.call('ZRANGE', KEYS[1], '+inf', string.format('(%.0f', now), 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
table.insert(reply, 1, now)
return reply
