-- The algorithm of each kind of rule, made when it is first needed: making functions is a good part of what a call costs.
--include whole-number.lua
local made = {}

-- The algorithm of a kind; nil for a kind that this script does not know.
local function algorithm_of(kind)
  if made[kind] then return made[kind] end
  if kind == 'g' or kind == 'i' then
    --include token-bucket.lua
    made[kind] = token_bucket()
    return made[kind]
  end
  --include counting.lua
  if kind == 'b' then
    --include burst-max.lua
    made[kind] = burst_max()
  elseif kind == 'f' then
    --include first-window.lua
    made[kind] = first_window()
  elseif kind == 's' then
    --include sliding-window.lua
    made[kind] = sliding_window()
  elseif kind == 'l' then
    --include sliding-log.lua
    made[kind] = sliding_log()
  elseif kind == 'c' then
    --include calendar-window.lua
    made[kind] = calendar_window()
  elseif kind == 'q' then
    --include guaranteed.lua
    made[kind] = guaranteed()
  elseif kind == 'p' then
    --include guarantee-pool.lua
    made[kind] = guarantee_pool()
  end
  return made[kind]
end
