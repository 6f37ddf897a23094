-- Truth after the response, for a guaranteed share: guaranteed-settlement.ts of the core.
local most_owed = 2 ^ 40

local function change_guaranteed(bucket, terms, charged, charged_at, epoch, actual)
  local live = live_terms(bucket)
  local used, last, carried = 0, now, 0
  if live then used, last, carried = advanced(bucket, live) end
  if actual > charged then
    put(bucket, live or terms, used + math.min(actual - charged, most_owed), last, carried)
  elseif actual < charged and live and may_return(bucket, live, terms, epoch) then
    local time = math.max(now, last)
    if charged_at > time or last < bucket.last then return end
    local amount = live.algorithm.returnable(charged - actual, charged, charged_at, time, live)
    put(bucket, live, live.algorithm.give_back(used, last, carried, amount))
  end
end

-- Replaces the units of a charge by those that were used; what its parent owes is not owed twice.
local function settle_guaranteed(bucket, pool, terms, charged, charged_at, epoch, actual)
  local live = live_terms(bucket)
  if live and live.kind ~= 'q' then return settle_charge(bucket, terms, charged, charged_at, epoch, actual) end
  local rule = live or terms
  local unmet, asked = counted_in(bucket, rule)
  change_guaranteed(bucket, terms, charged, charged_at, epoch, actual)
  if bucket.dirty then recount(pool, rule, unmet, asked, bucket) end
end
