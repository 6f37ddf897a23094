-- Settling a guaranteed share: guaranteed-settlement.ts of the core.
-- Makes: settlement of q.
-- Expects: now, put, live_terms, advanced, may_return, settle_charge.
--include guaranteed-shares.lua

local function change_guaranteed(bucket, charge)
  local live = live_terms(bucket)
  local used, last, carried = 0, now, 0
  if live then used, last, carried = advanced(bucket, live) end
  if charge.actual > charge.units then
    put(bucket, live or charge.terms, used + math.min(charge.actual - charge.units, MOST_OWED), last, carried)
  elseif charge.actual < charge.units and live and may_return(bucket, live, charge) then
    local time = math.max(now, last)
    if charge.at > time or last < bucket.last then return end
    local amount = live.algorithm.returnable(charge.units - charge.actual, charge.units, charge.at, time, live)
    put(bucket, live, live.algorithm.give_back(used, last, carried, amount))
  end
end

-- Replaces the units of a charge by those that were used. What the parent owes is not owed twice.
return function(bucket, record, charge)
  local live = live_terms(bucket)
  if live and live.kind ~= GUARANTEED then
    settle_charge(bucket, charge)
    return
  end
  local rule = live or charge.terms
  local unused, next_units = counted_in(bucket, rule)
  change_guaranteed(bucket, charge)
  if bucket.revision > 0 then recount(record, rule, unused, next_units, bucket) end
end
