-- What several kinds do alike: those whose state is the units that are used and a time. token-bucket.lua says what each function is.
-- Gives: used_units, lacking_units, debit_units, give_back_units.
local function used_units(used)
  return used
end

local function lacking_units(amount, now)
  return amount, now, 0
end

local function debit_units(used, last, carried, amount)
  return used + amount, last, carried
end

local function give_back_units(used, last, carried, amount)
  return math.max(0, used - amount), last, carried
end
