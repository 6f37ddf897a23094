-- A call that consumes up to so many units: partial grants of the core.
-- Expects: floor_div, reply, reply_number, open_call, is_shadow, bucket_step, decide.
-- Gives: open_partial_grant.
--
-- After its opcode stands the most that each charge may take, with commas between them, or a hyphen for a charge that pays its cost.
-- The charges that may take more all pay alike: the most that the enforcing limits among them can pay.

-- Opens the call with the costs that it pays, and adds the units granted to the reply: 0 if it is refused.
local function open_partial_grant(opcode, upper_bounds, first_key, first_cost)
  local call = open_call('c' .. string.sub(opcode, 2), first_key, first_cost)

  -- Whether a call passes if these charges cost so many units each. Nothing is changed, and the reply stays as it was.
  local function passes_with(flexible, units)
    for _, charge in ipairs(flexible) do charge.cost = units end
    local top, action = #reply, call.action
    call.action = PEEK
    local allowed = decide(call)
    call.action = action
    for i = #reply, top + 1, -1 do reply[i] = nil end
    return allowed
  end

  -- Units that are left in a bucket.
  local function units_left(charge)
    bucket_step(call, charge)
    local terms = charge.terms
    local missing = terms.algorithm.missing(charge.used, charge.last, charge.carried, terms)
    return floor_div(terms.capacity * terms.scale - missing, terms.scale)
  end

  local most, least, flexible, guarantees, i = math.huge, nil, {}, false, 0
  for text in string.gmatch(upper_bounds, '[^,]+') do
    i = i + 1
    local upper, charge = tonumber(text), call.charges[i]
    local algorithm = charge.call_terms.algorithm
    if upper then
      flexible[#flexible + 1], least = charge, charge.cost
      most = math.min(most, upper)
      if algorithm.has_parent then
        guarantees = true
      elseif not is_shadow(charge) and not algorithm.has_key_beside then
        most = math.min(most, units_left(charge))
      end
    end
  end
  local allowed = passes_with(flexible, least)
  -- Beside a guarantee, the most that passes is found by halving: where more passes, less passes too.
  while allowed and guarantees and least < most do
    local units = math.ceil((least + most) / 2)
    if passes_with(flexible, units) then
      least = units
    else
      most = units - 1
    end
  end
  for _, charge in ipairs(flexible) do charge.cost = allowed and most or least end
  reply[#reply + 1] = reply_number(allowed and most or 0)
  return call
end
