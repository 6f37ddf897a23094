-- An exact sliding window (l): the same steps as sliding-log.ts of the core. token-bucket.lua says what each function is.
-- Makes: algorithm of l.
--
-- `carried` is the log: times and units in turn, the oldest first. `used` is the sum of the units. A log is never changed, only copied.
local function copy(log, first)
  local copied = {}
  for i = first, #log do copied[i - first + 1] = log[i] end
  return copied
end

-- Admissions at one time are one entry.
local function debit(used, last, log, amount)
  local entries = copy(log, 1)
  if amount == 0 then return used, last, entries end
  if entries[#entries - 1] == last then
    entries[#entries] = entries[#entries] + amount
  else
    entries[#entries + 1] = last
    entries[#entries + 1] = amount
  end
  return used + amount, last, entries
end

return {
  debit = debit,

  advance = function(used, last, log, now, rule)
    if now > last then
      local first = 1
      while first < #log and log[first] + rule.period_us <= now do
        used = used - log[first + 1]
        first = first + 2
      end
      return used, now, copy(log, first)
    end
    local time_to_full = #log == 0 and 0 or log[#log - 1] + rule.period_us - last
    if last - now <= time_to_full then return used, last, log end
    local moved = copy(log, 1)
    for i = 1, #moved, 2 do moved[i] = moved[i] + now - last end
    return used, now, moved
  end,

  missing = function(used)
    return used
  end,

  -- A cost is admitted when enough of the oldest admissions no longer count.
  wait_for = function(units, used, _, log, now, rule)
    local at, left = 1, used - log[2]
    while left > rule.capacity - units do
      at = at + 2
      left = left - log[at + 1]
    end
    return log[at] + rule.period_us - now
  end,

  lacking = function(amount, now)
    return debit(0, now, {}, amount)
  end,

  returnable = function(units, _, charged_at, now, rule)
    return now - charged_at < rule.period_us and units or 0
  end,

  -- Takes from the admission of the charge, then from the oldest admissions, which would have returned first.
  give_back = function(used, last, log, amount, _, charged_at)
    local rest = math.min(used, amount)
    local left, entries = used - rest, copy(log, 1)
    local function take(i)
      local taken = math.min(entries[i], rest)
      entries[i], rest = entries[i] - taken, rest - taken
    end
    for i = 2, #entries, 2 do
      if entries[i - 1] == charged_at then take(i) end
    end
    local kept = {}
    for i = 2, #entries, 2 do
      take(i)
      if entries[i] > 0 then
        kept[#kept + 1] = entries[i - 1]
        kept[#kept + 1] = entries[i]
      end
    end
    return left, last, kept
  end,
}
