-- What response headers tell of others who use the same key.

local spread = 3

local function learn(known, log, seen, dim)
  if seen.at < known.seen or seen.at < now - dim.retain then return end
  known.seen = seen.at
  if seen.limit then known.limit = min(seen.limit, dim.capacity) end
  if not seen.remaining then return end
  local total = seen.limit or (known.limit > 0 and known.limit or dim.capacity)
  local used = max(0, total - seen.remaining)
  local most, least = 0, 0
  for i = 1, #log, 2 do
    local final = log[i]
    local first = floor(final / dim.slot) * dim.slot
    if final > seen.at - dim.window - dim.transit and first <= seen.at + dim.transit then most = most + log[i + 1] end
    if first > seen.at - dim.window and final <= seen.at - dim.transit then least = least + log[i + 1] end
  end
  known.strangers = max(0, min(used - least, max(used - most, known.strangers)))
end

local function room_of(known, dim)
  local most = known.limit > 0 and min(known.limit, dim.capacity) or dim.capacity
  if known.strangers == 0 then return most end
  local age = min(max(0, now - known.seen), horizon(dim))
  local margin = spread * sqrt((2 * known.strangers * dim.stranger * age) / dim.window)
  return max(0, most - known.strangers - ceil(margin))
end
