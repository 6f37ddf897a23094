-- Resets all buckets of a limit at once: gives the limit a new generation, and empties the list of its blocked keys.
-- Buckets of earlier generations count as never used from now on, and expire when they would have expired.
--
-- KEYS  The list of blocked keys. Then the list of generations: for each limit '{', its name, ':', a number, '}'; the latest is last.
-- ARGV  1   The clock and the calendars (see clock.lua).
--       2.. The names of the limit and of the buckets of its bans, as keys have them.
-- Reply 1.
--include clock.lua
--include whole-number.lua

redis.call('DEL', KEYS[1])
local list = redis.call('GET', KEYS[2]) or ''
-- Higher than any before it, also if the list was lost, or the clock stepped back.
local generation = ceil_div(now, 1000)
for number in string.gmatch(list, ':(%d+)}') do generation = math.max(generation, tonumber(number) + 1) end
for i = 2, #ARGV do
  local at, ends = string.find(list, '{' .. ARGV[i] .. ':', 1, true)
  if at then list = string.sub(list, 1, at - 1) .. string.sub(list, string.find(list, '}', ends, true) + 1) end
  list = string.format('%s{%s:%.0f}', list, ARGV[i], generation)
end
local _, count = string.gsub(list, '}', '}')
for _ = MOST_GENERATIONS + 1, count do list = string.sub(list, string.find(list, '}', 1, true) + 1) end
redis.call('SET', KEYS[2], list, 'PX', GENERATIONS_KEPT_MS)
return 1
