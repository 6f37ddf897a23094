-- How a kind of rule with a parent settles a charge, by the letter of the kind. Other kinds settle a charge as on any bucket.
-- Gives: settlement_of.
--include guaranteed-shares.lua
--make settlement

local settlements = {}

local function settlement_of(letter)
  if not settlements[letter] then settlements[letter] = make_settlement(letter) end
  return settlements[letter]
end
