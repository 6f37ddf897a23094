-- Truth after the response: settlement.ts of the core, on buckets that are open.
--include scale.lua
--include lapsed.lua
--include migrate.lua

-- The terms of a bucket that is there and not as good as never used; else nil.
local function live_terms(bucket)
  local terms = bucket.used and (bucket.terms or parse_terms(bucket.text))
  if terms and not has_lapsed(bucket, terms) then return terms end
end

local function advanced(bucket, terms)
  return terms.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, terms)
end

-- Gives back what a charge did not use: at most to full, and nothing that time has given back already.
local function give_unused_back(bucket, terms, old, units, charged, charged_at)
  local used, last, carried = advanced(bucket, terms)
  local time = math.max(now, last)
  -- The clock went back so far that the bucket went with it: nobody knows how much of the charge has come back in the meantime.
  if charged_at > time or last < bucket.last then return end
  local amount = terms.algorithm.returnable(units, charged, charged_at, time, terms, used, last, carried)
  -- The rule changed in between: what came back in the meantime is counted at the faster of the two.
  if not same_rule(old, terms) then
    amount = math.min(amount, scale_down(old.algorithm.returnable(units, charged, charged_at, time, old), old.scale, terms.scale))
  end
  put(bucket, terms, terms.algorithm.give_back(used, last, carried, amount, terms, charged_at))
end

-- Charges what was used beyond the charge, up to twice the capacity in all. Returns the units for which there was no room.
local function add_debt(bucket, terms, live, extra)
  local used, last, carried, _
  if live then
    used, last, carried = advanced(bucket, terms)
  else
    _, used, last, carried = terms.algorithm.decide(nil, nil, 0, now, 0, terms)
  end
  local room = floor_div(math.max(0, 2 * terms.capacity * terms.scale - terms.algorithm.missing(used, last, carried, terms)), terms.scale)
  local charged = math.min(extra, room)
  put(bucket, terms, terms.algorithm.debit(used, last, carried, charged * terms.scale, terms))
  return extra - charged
end

-- Replaces the units of a charge, made under the old terms, by those that were used. Returns the units that could not be charged.
local function settle_charge(bucket, old, charged, charged_at, actual)
  local terms = live_terms(bucket)
  if actual > charged then return add_debt(bucket, terms or old, terms ~= nil, actual - charged) end
  if actual < charged and terms then give_unused_back(bucket, terms, old, charged - actual, charged, charged_at) end
  return 0
end
