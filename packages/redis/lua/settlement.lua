-- Truth after the response: settlement.ts of the core, on buckets that are open.
--include scale.lua
--include lapsed.lua
--include migrate.lua
--include account.lua

-- The terms of a text, read once: entries mostly share them, and a bucket mostly has those it was charged under.
local terms_by_text = {}
local function terms_of_text(text)
  local known = terms_by_text[text]
  if known == nil then
    known = parse_terms(text) or false
    terms_by_text[text] = known
  end
  return known
end

-- The terms of a bucket that is there and not as good as never used; else nil.
local function live_terms(bucket)
  local terms = bucket.used and (bucket.terms or terms_of_text(bucket.text))
  if terms and not has_lapsed(bucket, terms) then return terms end
end

local function advanced(bucket, terms)
  return terms.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, terms)
end

-- Puts a bucket after the same has happened to both of its states.
local function put_both(bucket, terms, change)
  local uncapped = bucket.uncapped and change_uncapped(bucket.uncapped, terms, change)
  local used, last, carried = advanced(bucket, terms)
  used, last, carried = change(used, last, carried, terms)
  put(bucket, terms, used, last, carried, uncapped)
end

-- Whether what a charge under the old terms did not use may return to a bucket: that is still in the epoch of the charge.
local function may_return(bucket, terms, old, epoch)
  return (not bucket.epoch or bucket.epoch == epoch) and same_rule(old, terms)
end

-- When a charge was made, and in which epoch, which stands after a slash where there was one.
local function time_and_epoch(text)
  local at, epoch = string.match(text, '^(%d+)/?(%d*)')
  return tonumber(at), tonumber(epoch)
end

-- Gives back what a charge did not use: at most to full, and nothing that time has given back already.
local function give_unused_back(bucket, terms, units, charged, charged_at)
  local _, last = advanced(bucket, terms)
  -- The clock went back so far that the bucket went with it: nobody knows how much of the charge has come back in the meantime.
  if charged_at > math.max(now, last) or last < bucket.last then return end
  put_both(bucket, terms, function(used, at, carried)
    local amount = terms.algorithm.returnable(units, charged, charged_at, math.max(now, at), terms, used, at, carried)
    return terms.algorithm.give_back(used, at, carried, amount, terms, charged_at)
  end)
end

-- Charges what was used beyond the charge, up to twice the capacity in all. Returns the units for which there was no room.
local function add_debt(bucket, terms, live, extra)
  if not live then
    local _, used, last, carried = terms.algorithm.decide(nil, nil, 0, now, 0, terms)
    put(bucket, terms, used, last, carried)
  end
  local used, last, carried = advanced(bucket, terms)
  local room = floor_div(math.max(0, 2 * terms.capacity * terms.scale - terms.algorithm.missing(used, last, carried, terms)), terms.scale)
  local charged = math.min(extra, room)
  put_both(bucket, terms, function(of_used, of_last, of_carried)
    return terms.algorithm.debit(of_used, of_last, of_carried, charged * terms.scale, terms)
  end)
  return extra - charged
end

-- Replaces the units of a charge, made under the old terms, by those that were used. Returns the units that could not be charged.
local function settle_charge(bucket, old, charged, charged_at, epoch, actual)
  local terms = live_terms(bucket)
  if actual > charged then return add_debt(bucket, terms or old, terms ~= nil, actual - charged) end
  if actual < charged and terms and may_return(bucket, terms, old, epoch) then
    give_unused_back(bucket, terms, charged - actual, charged, charged_at)
  end
  return 0
end
