-- Makes a plain consumption of a call up to so many units (u), as growing.ts of the core has it. After its word stands what each charge
-- may take at most, with commas between them, or a hyphen for one that pays its cost. Those are all paid alike, with the most that the
-- enforcing limits among them can pay.

-- Units that are left in a bucket.
local function left_in(bucket, word, i, cost)
  local terms, _, _, _, _, used, last, carried = step_of(bucket, word, i, cost)
  return floor_div(terms.capacity * terms.scale - terms.algorithm.missing(used, last, carried, terms), terms.scale)
end

-- Replaces the costs of a call by those that it pays, and adds to the reply how many units were granted: 0 where it is refused. Returns
-- the word of the consumption.
local function grow(word, mosts, first_key, first_cost)
  local units, growing, allowed, i = math.huge, {}, true, 0
  for text in string.gmatch(mosts, '[^,]+') do
    i = i + 1
    local most, cost = tonumber(text), tonumber(ARGV[first_cost + i - 1])
    if most then
      growing[#growing + 1] = first_cost + i - 1
      units = math.min(units, most)
    end
    if not is_shadow(word, i) and terms_of(word, i).algorithm then
      local bucket = buckets[KEYS[first_key + i - 1]]
      allowed = allowed and admits(bucket, word, i, cost)
      if most then units = math.min(units, left_in(bucket, word, i, cost)) end
    end
  end
  for _, at in ipairs(allowed and growing or {}) do ARGV[at] = units end
  size = size + 1
  reply[size] = exact(allowed and units or 0)
  return 'c' .. string.sub(word, 2)
end
