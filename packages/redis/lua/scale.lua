-- How an amount in one scale reads in another: the same steps on the same doubles as whole-number.ts of the core.
local most = 9007199254740991
local rounding_room = 1 + 2 ^ -50

-- value * to / from, rounded up, at most 2^53 - 1. (The operator % would not be exact here; fmod is.)
local function scale_up(value, from, to)
  local rest = math.fmod(value, from)
  local whole = (value - rest) / from * to
  if rest == 0 then return math.min(whole, most) end
  local product = rest * to
  local part = product <= most and ceil_div(product, from) or math.min(to, math.ceil(rest / from * to * rounding_room) + 1)
  return math.min(whole + part, most)
end

-- value * to / from, rounded down, at most 2^53 - 1.
local function scale_down(value, from, to)
  local rest = math.fmod(value, from)
  local whole = (value - rest) / from * to
  local product = rest * to
  local part = product <= most and floor_div(product, from) or math.max(0, math.floor(rest / from * to / rounding_room) - 1)
  return math.min(whole + part, most)
end
