-- How a kind of rule decides a charge, by the letter of the kind. A kind that makes none is decided as a bucket.
-- Gives: charge_kinds, charge_kind_of.
--include guaranteed-shares.lua
--make charge

local charge_kinds = {}

local function charge_kind_of(letter)
  if not charge_kinds[letter] then charge_kinds[letter] = make_charge(letter) end
  return charge_kinds[letter]
end
