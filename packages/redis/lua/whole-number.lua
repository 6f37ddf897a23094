-- Exact division of whole numbers below 2^53.
-- Gives: floor, floor_div, ceil_div, reply_number.
--
-- The results are those of whole-number.ts in the core. The steps are not: these functions check each quotient against its product, where
-- the core proves that the check is not needed.
local floor = math.floor

-- a / b, rounded down.
local function floor_div(a, b)
  local quotient = floor(a / b)
  if quotient * b > a then return quotient - 1 end
  return quotient
end

-- a / b, rounded up.
local function ceil_div(a, b)
  local quotient = floor_div(a, b)
  if quotient * b < a then return quotient + 1 end
  return quotient
end

-- A number for the reply: as text where clients would read the integer wrongly.
local function reply_number(number)
  if number < REPLIED_AS_TEXT then return number end
  return string.format('%.0f', number)
end
