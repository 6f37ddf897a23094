-- Reads which keys are blocked.
--
-- KEYS  The list (see blocked-list.lua).
-- ARGV  1  The clock and the calendars (see clock.lua).
--       2  The most keys to reply.
-- Reply Now. Then for each blocked key: the key as it is listed, and until when, in microseconds since 1970. The longest block is first.
--include clock.lua

local reply = redis.call('ZRANGE', KEYS[1], '+inf', string.format('(%.0f', now), 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
table.insert(reply, 1, now)
return reply
