-- Deciding a call over all its charges, in the same order as the memory store.
--include generations.lua
--include ../src/kinds/kinds.lua
--include terms.lua
--include live-bucket.lua
--include-when-called rule-change.lua
--include calls.lua
--include bucket-charge.lua
--include ../src/kinds/charges.lua

-- Fills in what a charge finds.
local function step(call, charge)
  local call_terms = charge.call_terms
  if call_terms.algorithm.has_key_beside then return charge_of(call_terms.kind).step(call, charge) end
  return bucket_step(call, charge)
end

-- Asks every limit first, then gives each its charge. Returns whether the call is allowed.
local function decide(call)
  local charges, allowed = call.charges, true
  for i = 1, #charges do
    local charge = charges[i]
    step(call, charge)
    if not charge.passes and not is_shadow(charge) then allowed = false end
  end
  for i = 1, #charges do
    local charge = charges[i]
    -- Two charges of a call can be on one bucket: the second finds what the first has left.
    if charge.revision ~= charge.bucket.revision then step(call, charge) end
    charge.apply(call, charge, allowed)
    allowed = allowed and (charge.passes or is_shadow(charge))
  end
  return allowed
end

-- Writes what has changed.
local function write_everything()
  write_buckets(buckets)
  if made_charges[CONCURRENCY] then made_charges[CONCURRENCY].write() end
end
