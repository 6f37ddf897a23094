-- The mark of the generation of a limit, from the list of limits whose buckets were all reset (see reset-all.lua).
-- Gives: generation_of.
--
-- The buckets and slots of such a limit carry the mark after their terms. Those with another mark are of an earlier generation.

-- The mark for a key; empty if its limit was never reset.
local function generation_of(list, key)
  local limit = string.match(key, '^[^}]*}[:;]([^:]*):')
  local _, ends = string.find(list, '{' .. (limit or '') .. ':', 1, true)
  return ends and '!' .. string.match(list, '^%d+', ends + 1) or ''
end
