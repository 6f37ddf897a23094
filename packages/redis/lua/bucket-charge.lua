-- A charge on a bucket.
-- Expects: now, put, change_uncapped, under_terms, is_shadow, pays, blocked_us_of, add_row.
-- Gives: bucket_step, may_change.

-- Whether a call may change the bucket of a charge. A peek changes none, and a refusal none that an earlier stage of the request holds.
local function may_change(call, charge, allowed)
  return call.action ~= PEEK and (not charge.bucket.held or (allowed and (charge.passes or is_shadow(charge))))
end

-- Charges a bucket if the call is allowed and the bucket can pay.
local function apply_to_bucket(call, charge, allowed)
  local terms, used, last, carried, keeps, paid = charge.terms, charge.used, charge.last, charge.carried, charge.keeps, 0
  if allowed and charge.passes and charge.cost > 0 and pays(call, charge) then
    keeps, paid = true, charge.cost * terms.scale
    used, last, carried = terms.algorithm.debit(used, last, carried, paid, terms)
  end
  if keeps and may_change(call, charge, allowed) then
    local uncapped = charge.uncapped
    if uncapped then
      uncapped = change_uncapped(uncapped, terms, function(its_used, its_last, its_carried)
        return terms.algorithm.debit(its_used, its_last, its_carried, paid, terms)
      end)
    end
    put(charge.bucket, terms, used, last, carried, uncapped)
    charge.bucket.epoch = charge.epoch
  end
  add_row(charge, used, last, carried)
end

-- Fills in what a charge finds: the terms that decide, the state at now, whether that admits the cost, and whether the charge passes.
-- `keeps` is whether even a refusal keeps that state. That is so if the rule has changed, or the bucket starts with less than its capacity,
-- or the bucket lay too far ahead of a clock that jumped.
local function bucket_step(call, charge)
  local terms, cost, bucket = charge.call_terms, charge.cost, charge.bucket
  local used, last, carried, uncapped, epoch = bucket.used, bucket.last, bucket.carried, bucket.uncapped, bucket.epoch
  local keeps = false
  -- Mostly the terms are the same. Then a bucket that is full again and one never used are the same.
  if used and (bucket.text ~= terms.text or terms.initial < terms.capacity) then
    local found = under_terms(bucket, terms, call.keeps)
    used, last, carried, uncapped = found.used, found.last, found.carried, found.uncapped
    terms, epoch, keeps = found.terms, found.epoch, found.changed
    if found.replaced then charge.replaced = found.replaced end
  end
  local algorithm = terms.algorithm
  if used then
    used, last, carried = algorithm.advance(used, last, carried, now, terms)
    keeps = keeps or last < bucket.last
  else
    used, last, carried = algorithm.lacking((terms.capacity - terms.initial) * terms.scale, now, terms)
    keeps = keeps or (cost > 0 and terms.initial < terms.capacity)
  end
  local missing = algorithm.missing(used, last, carried, terms)
  local admits = cost == 0 or (cost <= terms.capacity and cost * terms.scale <= terms.capacity * terms.scale - missing)
  local blocked_us = blocked_us_of(bucket, cost)
  charge.terms, charge.admits, charge.blocked_us, charge.passes = terms, admits, blocked_us, admits and blocked_us == 0
  charge.used, charge.last, charge.carried, charge.uncapped, charge.epoch = used, last, carried, uncapped, epoch
  charge.keeps, charge.revision, charge.apply = keeps, bucket.revision, apply_to_bucket
end
