-- Exact division below 2^53: the same steps on the same doubles as whole-number.ts of the core.
local floor = math.floor

-- a / b rounded down. A quotient just below a whole number may round up to it, and then the product tells.
local function floor_div(a, b)
  local quotient = floor(a / b)
  if quotient * b > a then return quotient - 1 end
  return quotient
end

-- a / b rounded up.
local function ceil_div(a, b)
  local quotient = floor_div(a, b)
  if quotient * b < a then return quotient + 1 end
  return quotient
end

-- A number as it is replied. Clients read integers next to 2^53 wrongly (ioredis 6 does), so that large ones go as strings.
local function exact(number)
  if number < 4503599627370496 then return number end
  return string.format('%.0f', number)
end
