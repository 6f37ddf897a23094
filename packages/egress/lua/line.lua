-- The line of heads: the order in which the first calls of all processes are served.

local worth, slot_look = 2000, 1000000

local function is_before(a, b)
  if a.lane ~= b.lane then return a.lane < b.lane end
  if a.rank ~= b.rank then return a.rank < b.rank end
  if a.since ~= b.since then return a.since < b.since end
  return a.process < b.process
end

local function insert(entry)
  local at = #line + 1
  while at > 1 and is_before(entry, line[at - 1]) do at = at - 1 end
  table.insert(line, at, entry)
end

--- Whether an entry must wait for one of those before it, which cannot be sent now.
local function waits_behind(passed, entry)
  for _, before in ipairs(passed) do
    if earliest(before.costs, entry.costs) > now then return true end
  end
  return false
end

--- Why a head may not be sent now; nil if it may.
local function stopper_of(head, stopped)
  if free_slots <= 0 then return 'slots' end
  if probe_end > 0 then return 'unseen' end
  head.process = ask.process
  local i, passed = 1, {}
  while i <= #line and is_before(line[i], head) do
    local entry = line[i]
    if entry.process == ask.process then
      i = i + 1
    elseif earliest(entry.costs) > now or waits_behind(passed, entry) then
      entry.due = 0
      if earliest(entry.costs, head.costs) > now then return 'turn' end
      passed[#passed + 1] = entry
      i = i + 1
    elseif entry.due == 0 then
      entry.due = now
      return 'turn'
    elseif now - entry.due <= input.grace then
      return 'turn'
    else
      table.remove(line, i)
    end
  end
  for _, mine in ipairs(stopped) do
    if earliest(mine.costs) <= now or earliest(mine.costs, head.costs) > now then return 'turn' end
  end
  if earliest(head.costs) > now then return 'full' end
  return nil
end

--- When an entry may be sent, as far as the line shows.
local function instant_of(entry)
  local sum, distance, grace = {}, 0, 0
  for i = 1, dim_count do sum[i] = entry.costs[i] end
  for _, before in ipairs(line) do
    if before == entry then break end
    if before.due > 0 then
      grace = max(grace, before.due + input.grace + 1)
    else
      for i = 1, dim_count do
        if sum[i] > 0 then sum[i] = sum[i] + min(before.costs[i], rooms[i]) end
      end
      if ask.pace ~= 'soonest' then distance = distance + spacing(before.costs) end
    end
  end
  return max(earliest(sum) + distance, grace, probe_end, free_slots > 0 and 0 or now + slot_look)
end

--- Replaces the entries of the process by the first head of each lane that was not booked. Returns its wait.
local function enter_line(stopped, still)
  local others_only = {}
  for _, entry in ipairs(line) do
    if entry.process ~= ask.process then others_only[#others_only + 1] = entry end
  end
  line = others_only
  local wait, lane = 0, -1
  for _, head in ipairs(stopped) do
    if head.lane ~= lane then
      lane = head.lane
      local queued = {}
      for i = 1, dim_count + 1 do queued[i] = ask.queued[lane + 1] and ask.queued[lane + 1][i] or 0 end
      for _, other in ipairs(stopped) do
        if other ~= head and other.lane == lane then
          for i = 1, dim_count + 1 do queued[i] = queued[i] + (other.costs[i] or 1) end
        end
      end
      local entry = {
        process = ask.process, lane = lane, rank = head.rank, since = head.since,
        costs = head.costs, queued = queued, due = 0, published = 0,
      }
      insert(entry)
      entry.published = max(instant_of(entry), now + still)
      if wait == 0 or entry.published - now < wait then wait = max(1, entry.published - now) end
    end
  end
  return wait
end

--- Publishes hints. Returns what waits in other processes.
local function publish()
  local lane, others = -1, {}
  for _, entry in ipairs(line) do
    local is_first = entry.lane ~= lane
    lane = entry.lane
    if entry.process ~= ask.process then
      if is_first or entry.due > 0 then
        local instant = entry.due > 0 and now or instant_of(entry)
        if instant + worth < entry.published then
          entry.published = instant
          redis.call('PUBLISH', ARGV[2], entry.process .. ' ' .. string.format('%.0f', instant - now))
        end
      end
      local other = { entry.lane, entry.rank }
      for i = 1, dim_count do other[2 + i] = entry.costs[i] + entry.queued[i] end
      other[3 + dim_count] = 1 + entry.queued[dim_count + 1]
      others[#others + 1] = other
    end
  end
  return others
end
