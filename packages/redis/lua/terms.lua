-- The terms of a bucket, as calls bring them and buckets keep them, are a text. ga,1,3klmo,zq0ao,@5@1 is the kind of the rule (a
-- letter, or # for slots); its capacity, rate, scale and period in microseconds, in base 36; nothing or something for TypeScript alone; and, left out
-- where they are the capacity and 0, the initial units and the version of the policy.

--include calendars.lua

-- A text as a table, which is also the rule; nil for a text that is none. Slots have no algorithm, and the length of a lease for a period.
local function parse_terms(text)
  local kind, capacity, rate, scale, period_us = string.match(text, '^([%l#])(%w+),(%w+),(%w+),(%w+),')
  local algorithm = kind and algorithm_of(kind)
  if not algorithm and kind ~= '#' then return nil end
  capacity = tonumber(capacity, 36)
  local initial, version = capacity, 0
  if string.find(text, '@', 1, true) then
    local first, second = string.match(text, '@(%w*)@?(%w*)$')
    initial, version = tonumber(first, 36) or capacity, tonumber(second, 36) or 0
  end
  return {
    text = text,
    algorithm = algorithm,
    kind = kind,
    capacity = capacity,
    rate = tonumber(rate, 36),
    scale = tonumber(scale, 36),
    period_us = tonumber(period_us, 36),
    initial = initial,
    version = version,
    starts = kind == 'c' and starts_of(string.match(text, '/([^@]*)')) or nil,
  }
end
