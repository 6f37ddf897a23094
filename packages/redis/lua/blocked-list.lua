-- Who is blocked: of each limit a sorted set of keys by when their blocks end, in microseconds since the epoch.

--include answer-of.lua

-- So many are listed; of more than that those whose blocks end first are not.
local most_listed = 10000

-- Puts a key on the list, or takes it off where its block is over, and all others whose blocks are. What somebody else has written there
-- stays, and nobody is listed.
local function list_blocked(list, name, until_us)
  if not answer_of(redis.pcall('ZREMRANGEBYSCORE', list, '-inf', string.format('%.0f', now))) then return end
  if until_us <= now then
    redis.call('ZREM', list, name)
    return
  end
  redis.call('ZADD', list, string.format('%.0f', until_us), name)
  redis.call('ZREMRANGEBYRANK', list, 0, -most_listed - 1)
  local last_end = tonumber(redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2])
  if spare_ms then
    redis.call('PEXPIRE', list, string.format('%.0f', ceil_div(last_end - now, 1000) + spare_ms))
  else
    redis.call('PEXPIREAT', list, string.format('%.0f', ceil_div(last_end, 1000)))
  end
end
