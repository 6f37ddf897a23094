-- The list of blocked keys of a limit.
-- Expects: now.
-- Gives: list_blocked.
--include server.lua
--
-- The list is a sorted set of keys by when their blocks end, in microseconds since 1970. If it is full, the blocks that end first leave it.

-- Puts a key on the list, or takes it off if its block is over. Takes off all keys whose blocks are over.
-- If somebody else has written another type of value there, it stays, and the list is empty.
local function list_blocked(list, name, until_us)
  if not answer_of(redis.pcall('ZREMRANGEBYSCORE', list, '-inf', string.format('%.0f', now))) then return end
  if until_us <= now then
    redis.call('ZREM', list, name)
    return
  end
  redis.call('ZADD', list, string.format('%.0f', until_us), name)
  redis.call('ZREMRANGEBYRANK', list, 0, -MOST_LISTED - 1)
  expire_at(list, tonumber(redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2]))
end
