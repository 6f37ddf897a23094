-- The terms of a bucket: its rule, the units it starts with, and the version of the policy.
-- Expects: algorithm_of.
-- Gives: parse_terms, same_rule.
--
-- Terms are text, in calls and in buckets. Example: ga,1,3klmo,zq0ao,@5@1.
-- The first letter is the kind of the rule (see kinds.lua).
-- Four numbers in base 36 follow: capacity, rate, scale, and the period in microseconds.
-- After the fourth comma stands what only TypeScript reads.
-- After an @ stand the initial units, and after a second @ the version. Each is left out if it is the capacity or 0.

-- Terms as a table, which is also the rule; nil for text of an unknown kind.
local function parse_terms(text)
  local kind, capacity, rate, scale, period_us = string.match(text, '^([%l#])(%w+),(%w+),(%w+),(%w+),')
  local algorithm = kind and algorithm_of(kind)
  if not algorithm then return nil end
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
    -- Where the windows of a calendar start.
    starts = algorithm.starts_of and algorithm.starts_of(text) or nil,
  }
end

-- Whether two terms have one rule, whatever their initial units and versions.
local function same_rule(a, b)
  return a.text == b.text or string.match(a.text, '^[^@]*') == string.match(b.text, '^[^@]*')
end
