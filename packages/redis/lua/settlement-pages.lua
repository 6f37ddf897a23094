-- Pages of settlements: one bit for each reservation says whether it was settled (see settlement-id.ts).
-- A page lives for one lifetime of a reservation after the latest settlement in it.
-- Expects: now.
-- Gives: is_settled, mark_settled, is_too_late.

-- Whether a reservation was settled, from the value of its page.
local function is_settled(page, bit)
  local eight = page and string.byte(page, math.floor(bit / 8) + 1)
  return eight and math.floor(eight / 2 ^ (7 - bit % 8)) % 2 == 1 or false
end

-- Records that a reservation was settled.
local function mark_settled(key, bit, lifetime_ms)
  redis.call('SETBIT', key, bit, 1)
  redis.call('PEXPIRE', key, lifetime_ms)
end

-- Whether the time in which a reservation can be settled is over. It began when the units were charged, or with the latest renewal.
local function is_too_late(since, lifetime_ms)
  return now - since > lifetime_ms * 1000
end
