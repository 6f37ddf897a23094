-- The algorithm of each kind of rule, by the letter of the kind.
-- Gives: algorithm_of.
--include ../../lua/whole-number.lua
--make algorithm

-- An algorithm is made when it is first needed: making functions is a good part of the time of a script.
local algorithms = {}

-- The algorithm of a kind; nil for a letter that is no kind.
local function algorithm_of(letter)
  if not algorithms[letter] then algorithms[letter] = make_algorithm(letter) end
  return algorithms[letter]
end
