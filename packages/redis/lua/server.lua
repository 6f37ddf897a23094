-- Commands of the server on keys that may contain another type of value, and when keys expire.
-- Expects: now, spare_ms, ceil_div.
-- Gives: answer_of, expire_at.

-- The answer to a command that was sent with redis.pcall; nil if the key contains another type of value.
-- Other errors are raised: what Redis could not do is an outage, never "no data".
local function answer_of(reply)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if string.sub(reply.err, 1, 9) == 'WRONGTYPE' then return nil end
  error(reply)
end

-- Keeps a key until a time in microseconds since 1970.
local function expire_at(key, end_us)
  if spare_ms then return redis.call('PEXPIRE', key, string.format('%.0f', ceil_div(end_us - now, 1000) + spare_ms)) end
  return redis.call('PEXPIREAT', key, string.format('%.0f', ceil_div(end_us, 1000)))
end
