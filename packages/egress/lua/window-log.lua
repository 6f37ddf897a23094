-- The log of one dimension: pairs of (time of the last booking, units), the oldest first.

local function book(log, at, units, slot)
  local i = #log - 1
  if i > 0 and floor(log[i] / slot) == floor(at / slot) then
    log[i] = at
    log[i + 1] = log[i + 1] + units
  else
    log[i + 2] = at
    log[i + 3] = units
  end
end

local function unbook(log, at, units, slot)
  local wanted = floor(at / slot)
  for i = #log - 1, 1, -2 do
    local other = floor(log[i] / slot)
    if other < wanted then return end
    if other == wanted then
      log[i + 1] = max(0, log[i + 1] - units)
      return
    end
  end
end

local function drop_old(log, at, leave)
  local gone = 0
  while gone < #log and log[gone + 1] + leave <= at do gone = gone + 2 end
  if gone == 0 then return log end
  local kept = {}
  for i = gone + 1, #log do kept[i - gone] = log[i] end
  return kept
end

local function horizon(dim) return dim.window + dim.transit end

local function earliest_in(log, units, room, dim)
  local most, leave, used, t = max(units, room), horizon(dim), 0, now
  local i = #log - 1
  while i > 0 and log[i] + leave > now do
    used = used + log[i + 1]
    i = i - 2
  end
  i = i + 2
  while used + units > most do
    t = log[i] + leave
    used = used - log[i + 1]
    i = i + 2
  end
  return t
end
