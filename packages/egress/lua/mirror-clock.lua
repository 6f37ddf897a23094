-- The clock of the mirror: it follows the clock of the server, and no step of that clock moves it.

local tolerance = 500000

--- Returns how long nothing may be booked, because the clock stands still.
local function advance(server, known)
  local raw = server - skew
  if known and raw > known.now + known.most + (known.stepped and 0 or tolerance) then
    skew = skew + raw - (known.now + known.least)
    raw = known.now + known.least
    ahead = raw < last and 1 or 0
  end
  if raw >= last then
    last = raw
    ahead = 0
    return 0
  end
  if ahead == 1 then return last - raw end
  skew = skew - (last - raw)
  return 0
end
