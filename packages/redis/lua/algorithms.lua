-- The algorithm of each kind of rule, made when it is first needed: making functions is a good part of what a call costs.
--include whole-number.lua
--include token-bucket.lua
--include counting.lua
--include burst-max.lua
--include first-window.lua
--include sliding-window.lua
--include sliding-log.lua
--include calendar-window.lua
local made = {}

-- The algorithm of a kind; nil for a kind that this script does not know.
local function algorithm_of(kind)
  if made[kind] then return made[kind] end
  if kind == 'g' or kind == 'i' then made[kind] = token_bucket() end
  if kind == 'b' then made[kind] = burst_max() end
  if kind == 'f' then made[kind] = first_window() end
  if kind == 's' then made[kind] = sliding_window() end
  if kind == 'l' then made[kind] = sliding_log() end
  if kind == 'c' then made[kind] = calendar_window() end
  return made[kind]
end
