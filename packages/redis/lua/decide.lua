--[[
Decides calls, one after the other: in each of them every enforcing limit pays, or none does.

KEYS  The bucket of each charge, call by call, outermost limit first.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     How many different terms there are.
      3..   These terms.
      then  For each call: its word (see deciding.lua), and for each charge its cost in units.
Reply Now; then for each charge a row (see deciding.lua): how its bucket stands after the call.
]]
--include clock.lua
--include plainly.lua

local function decide_everything()
  --include algorithms.lua
  --include terms.lua
  --include bucket.lua
  --include under-terms.lua
  --include deciding.lua
  local key = 1
  while at < #ARGV do
    local _, count = decide(ARGV[at + 1], key, at + 2)
    key, at = key + count, at + 1 + count
  end
  write_buckets(buckets)
  return reply
end

return decide_plainly() or decide_everything()
