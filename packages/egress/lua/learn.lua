-- What response headers tell of the limit, and of strangers who use the same key; and the probe, one call alone while nothing is known.

local spread, rises = 3, 6

--- Begins anew in a new fixed window. Returns false for a response of a window before the present one.
local function enter_window(known, seen, dim)
  if not seen.endsUs then return true end
  if seen.endsUs < known.ends - dim.window / 2 then return false end
  if seen.endsUs > known.ends + dim.window / 2 then
    local unseen = min(max(0, known.ends - known.seen), dim.window)
    known.peak = known.strangers + ceil((known.peak * unseen) / dim.window)
    known.strangers = 0
    known.ends = seen.endsUs
  end
  known.ends = min(known.ends, seen.endsUs)
  return true
end

--- A lower limit holds at once, a higher one step by step.
local function eased_limit(known, limit, at, dim)
  if known.limit == 0 or limit <= known.limit then return max(1, limit) end
  return min(limit, known.limit + (dim.capacity * (at - known.seen) * rises) / dim.window)
end

--- Units of ours that the provider may have counted or not, if calls are spread over the window.
local function usual_doubt(dim) return ceil((dim.capacity * (2 * dim.transit + dim.slot)) / dim.window) end

local function learn(known, log, seen, dim)
  if not seen.limit and not seen.remaining then return end
  if seen.at < known.seen or seen.at < now - dim.retain then return end
  if not enter_window(known, seen, dim) then return end
  if seen.limit then known.limit = eased_limit(known, seen.limit, seen.at, dim) end
  known.seen = seen.at
  if not seen.remaining then return end
  local total = seen.limit or (known.limit > 0 and floor(known.limit) or dim.capacity)
  local used = max(0, total - seen.remaining)
  local start = known.ends > 0 and known.ends - dim.window or 0
  local most_from, least_from = max(seen.at - dim.window - dim.transit, start), max(seen.at - dim.window, start)
  local most, least = 0, seen.cost
  for i = 1, #log, 2 do
    local final = log[i]
    local first = floor(final / dim.slot) * dim.slot
    if final > most_from and first <= seen.at + dim.transit then most = most + log[i + 1] end
    if first > least_from and final <= seen.at - dim.transit then least = least + log[i + 1] end
  end
  local strangers = max(used - most, known.strangers)
  if seen.remaining == 0 then
    known.strangers = max(0, strangers)
    return
  end
  known.strangers = max(0, min(used - least, strangers))
  if used - least - known.strangers <= usual_doubt(dim) then known.sure = seen.at end
end

--- Units that strangers use, and what they may use more after so long.
local function with_spread(units, passed, dim)
  if units == 0 then return 0 end
  passed = min(max(0, passed), horizon(dim))
  return units + ceil(spread * sqrt((2 * units * dim.stranger * passed) / dim.window))
end

local function room_of(known, dim)
  local total = known.limit > 0 and floor(known.limit) or dim.capacity
  local left = now < known.ends and known.ends - now or dim.window
  local others = max(with_spread(known.strangers, now - known.sure, dim), with_spread(known.peak, left, dim))
  return max(0, min(dim.capacity, total - others))
end

--- Until when nothing else is sent, because a probe is out; 0 if none is.
local function count_probe_end()
  if not input.probe or probe == 0 or now >= probe + input.probe.patience then return 0 end
  return probe + input.probe.patience
end

--- Makes a call that is booked now the probe, if nothing was heard for so long.
local function begin_probe()
  if not input.probe or now - max(heard, probe) <= input.probe.after then return 0 end
  probe = now
  return now + input.probe.patience
end
