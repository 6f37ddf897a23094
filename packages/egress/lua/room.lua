-- How much fits, and from when on; and the slots for calls in flight that all processes share.

local rooms, widest_slot, free_slots, probe_end = {}, 0, math.huge, 0

local function paced_from()
  if ask.pace == 'paced' then return max(pace_until, now) end
  return max(pace_until, now - widest_slot - input.grace)
end

--- `payer` restricts the costs to the dimensions that it uses.
local function earliest(costs, payer)
  local t = max(now, blocked_until)
  if ask.pace ~= 'soonest' then t = max(t, pace_until) end
  for i = 1, dim_count do
    if costs[i] > 0 and (not payer or payer[i] > 0) then t = max(t, earliest_in(logs[i], costs[i], rooms[i], dims[i])) end
  end
  return t
end

local function spacing(costs)
  local most = 0
  for i = 1, dim_count do
    local dim, units = dims[i], costs[i]
    if units > 0 and dim.spaced then
      local room = max(units, rooms[i])
      local distance
      if ask.pace == 'paced' then distance = ceil((units * dim.window) / room) + dim.transit
      else distance = ceil((units * horizon(dim)) / room) end
      most = max(most, distance)
    end
  end
  return most
end

--- Takes down what the process holds, and forgets those whose lease is over.
local function hold_of()
  local hold = { process = ask.process, held = ask.held, until_us = now + input.lease }
  if input.slots == 0 then return hold end
  local kept = {}
  for _, each in ipairs(holds) do
    if each.process ~= ask.process and each.until_us > now and each.held > 0 then kept[#kept + 1] = each end
  end
  kept[#kept + 1] = hold
  holds = kept
  return hold
end

--- While no slot is free or a probe is out, no head of the line is called for.
local function count_free_slots()
  if input.slots > 0 then
    free_slots = input.slots
    for _, hold in ipairs(holds) do free_slots = free_slots - hold.held end
  end
  if free_slots > 0 and probe_end == 0 then return end
  for _, entry in ipairs(line) do entry.due = 0 end
end
