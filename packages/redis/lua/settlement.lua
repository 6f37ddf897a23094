-- Settling charges on buckets: settlement.ts of the core.
-- Expects: now, floor_div, put, change_uncapped, parse_terms, same_rule, has_expired.
-- Gives: terms_of_text, live_terms, advanced, put_both, may_return, read_time, settle_charge.
--
-- A charge is a table: its terms, its units, when it was charged (at), in which epoch of the bucket, and the actual units.

-- The terms of a text, parsed once. Charges mostly share their terms, and a bucket mostly has the terms of its charge.
local terms_by_text = {}
local function terms_of_text(text)
  if terms_by_text[text] == nil then terms_by_text[text] = parse_terms(text) or false end
  return terms_by_text[text]
end

-- The terms of a bucket; nil if it is absent or has expired.
local function live_terms(bucket)
  local terms = bucket.used and (bucket.terms or terms_of_text(bucket.text))
  if terms and not has_expired(bucket, terms) then return terms end
end

local function advanced(bucket, terms)
  return terms.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, terms)
end

-- Puts a bucket after the same change of both its states.
local function put_both(bucket, terms, change)
  local uncapped = bucket.uncapped and change_uncapped(bucket.uncapped, terms, change)
  local used, last, carried = advanced(bucket, terms)
  used, last, carried = change(used, last, carried, terms)
  put(bucket, terms, used, last, carried, uncapped)
end

-- Whether the unused units of a charge may return to a bucket, which must still be in the epoch of the charge.
local function may_return(bucket, terms, charge)
  return (not bucket.epoch or bucket.epoch == charge.epoch) and same_rule(charge.terms, terms)
end

-- When a charge was made, and its epoch, which stands after a slash if there was one.
local function read_time(text)
  local at, epoch = string.match(text, '^(%d+)/?(%d*)')
  return tonumber(at), tonumber(epoch)
end

-- Returns the unused units of a charge: at most until the bucket is full, and none that have already refilled.
local function return_unused(bucket, terms, charge)
  local _, last = advanced(bucket, terms)
  -- If the clock went back so far that the bucket went with it, what has refilled since the charge is unknown.
  if charge.at > math.max(now, last) or last < bucket.last then return end
  put_both(bucket, terms, function(used, at, carried)
    local unused, time = charge.units - charge.actual, math.max(now, at)
    local amount = terms.algorithm.returnable(unused, charge.units, charge.at, time, terms, used, at, carried)
    return terms.algorithm.give_back(used, at, carried, amount, terms, charge.at)
  end)
end

-- Charges what was used in excess of the charge, up to a debt of one capacity. Returns the units that could not be charged.
local function add_debt(bucket, terms, is_live, extra)
  if not is_live then
    local used, last, carried = terms.algorithm.lacking((terms.capacity - terms.initial) * terms.scale, now, terms)
    put(bucket, terms, used, last, carried)
  end
  local used, last, carried = advanced(bucket, terms)
  local free = math.max(0, 2 * terms.capacity * terms.scale - terms.algorithm.missing(used, last, carried, terms))
  local charged = math.min(extra, floor_div(free, terms.scale))
  put_both(bucket, terms, function(its_used, its_last, its_carried)
    return terms.algorithm.debit(its_used, its_last, its_carried, charged * terms.scale, terms)
  end)
  return extra - charged
end

-- Replaces the units of a charge by those that were used. Returns the units that could not be charged.
local function settle_charge(bucket, charge)
  local terms = live_terms(bucket)
  if charge.actual > charge.units then return add_debt(bucket, terms or charge.terms, terms ~= nil, charge.actual - charge.units) end
  if charge.actual < charge.units and terms and may_return(bucket, terms, charge) then return_unused(bucket, terms, charge) end
  return 0
end
