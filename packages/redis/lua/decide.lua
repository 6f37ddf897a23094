--[[
Decides calls, one after the other: in each of them every enforcing limit pays, or none does.

KEYS  Call by call the bucket of each charge, outermost limit first, and then the slots of each that is on slots, and the record beside
      the parent of each that is on a guaranteed share.
ARGV  1     The clock and the calendars; see clock.lua. Mostly empty.
      2     How many different terms there are.
      3..   These terms.
      then  For each call: its word (see deciding.lua; of one up to so many units also what growing.lua says), for each charge its cost
            in units, a name for its leases if any is on slots, and for each charge on a guaranteed share which of the charges is that of
            its parent, from 1; 0 where that is not asked.
Reply Now; then, call by call, the units granted by one up to so many, and for each charge a row (see deciding.lua): how its bucket
      stands after the call.
]]
--include clock.lua
local plain_reply
if #KEYS == 1 and #ARGV == 5 then
  --include plainly-one.lua
  plain_reply = decide_one()
else
  --include plainly.lua
  plain_reply = decide_plainly()
end
if plain_reply then return plain_reply end

--include algorithms.lua
--include terms.lua
--include bucket.lua
--include under-terms.lua
--include deciding.lua
local key = 1
while at < #ARGV do
  local word = ARGV[at + 1]
  if byte(word) == 117 then
    --include growing.lua
    word, at = grow(word, ARGV[at + 2], key, at + 3), at + 1
  end
  local _, keys, costs = decide(word, key, at + 2)
  key, at = key + keys, at + 1 + costs
end
write_everything()
return reply
