-- The limits whose buckets were all reset.
-- Gives: generations, divide_mark.
--include-when-called generation-of.lua
--
-- The list is the last key of a script. In a Cluster that is the first key once more: there no limit can be reset as a whole.
local generations = KEYS[#KEYS] ~= KEYS[1] and redis.call('GET', KEYS[#KEYS])

-- The terms of a text, and the mark of a generation after them.
local function divide_mark(text)
  local at = string.find(text, '!', 1, true)
  if not at then return text, '' end
  return string.sub(text, 1, at - 1), string.sub(text, at)
end
