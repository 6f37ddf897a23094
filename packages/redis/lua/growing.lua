-- Makes a plain consumption of a call up to so many units (u), as growing.ts of the core has it. After its word stands what each charge
-- may take at most, with commas between them, or a hyphen for one that pays its cost. Those are all paid alike, with the most that the
-- enforcing limits among them can pay.

-- Units that are left in a bucket.
local function left_in(bucket, word, i, cost)
  local terms, _, _, _, _, _, _, used, last, carried = step_of(bucket, word, i, cost)
  return floor_div(terms.capacity * terms.scale - terms.algorithm.missing(used, last, carried, terms), terms.scale)
end

-- Whether a call passes with these costs, so many units each.
local function passes_with(units, growing, word, first_key, first_cost)
  for _, at in ipairs(growing) do ARGV[at] = units end
  local top = size
  local allowed = decide('p' .. string.sub(word, 2), first_key, first_cost)
  for i = size, top + 1, -1 do reply[i] = nil end
  size = top
  return allowed
end

-- Replaces the costs of a call by those that it pays, and adds to the reply how many units were granted: 0 where it is refused. Returns
-- the word of the consumption.
local function grow(word, mosts, first_key, first_cost)
  local most, least, growing, guarantees, i = math.huge, nil, {}, false, 0
  for text in string.gmatch(mosts, '[^,]+') do
    i = i + 1
    local upper, cost, terms = tonumber(text), tonumber(ARGV[first_cost + i - 1]), terms_of(word, i)
    if upper then
      growing[#growing + 1], least = first_cost + i - 1, cost
      most = math.min(most, upper)
      guarantees = guarantees or terms.kind == 'q'
      if not is_shadow(word, i) and terms.algorithm and terms.kind ~= 'q' then
        most = math.min(most, left_in(buckets[KEYS[first_key + i - 1]], word, i, cost))
      end
    end
  end
  local allowed = passes_with(least, growing, word, first_key, first_cost)
  -- What passes beside a guarantee is found by halving: less passes always where more does.
  while allowed and guarantees and least < most do
    local units = math.ceil((least + most) / 2)
    if passes_with(units, growing, word, first_key, first_cost) then
      least = units
    else
      most = units - 1
    end
  end
  for _, at in ipairs(growing) do ARGV[at] = allowed and most or least end
  size = size + 1
  reply[size] = exact(allowed and most or 0)
  return 'c' .. string.sub(word, 2)
end
