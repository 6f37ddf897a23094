-- What a cost would do to a bucket: its terms; whether even a refusal keeps its state, because the rule changed
-- or it starts with less than its capacity; when its state was true; microseconds for which its key is blocked; the uncapped state before the
-- cost; the epoch; and what the algorithm decides.
local function step_of(bucket, word, i, cost)
  local terms = terms_of(word, i)
  local used, last, carried, uncapped = bucket.used, bucket.last, bucket.carried, bucket.uncapped
  local epoch, converted = bucket.epoch, false
  -- Nearly every call: the same terms, under which a bucket that is full again and one never used are the same.
  if used and (bucket.text ~= terms.text or terms.initial < terms.capacity) then
    used, last, carried, terms, uncapped, epoch, converted = under_terms(bucket, terms, string.sub(word, 2, 2))
  end
  local keeps = converted or (not used and cost > 0 and terms.initial < terms.capacity)
  local stored_last, blocked_us = used and bucket.last, blocked_us_of(bucket, cost)
  return terms, keeps, stored_last, blocked_us, uncapped, epoch, terms.algorithm.decide(used, last, carried, now, cost, terms)
end

-- Whether a limit would pay.
local function admits(bucket, word, i, cost)
  local _, _, _, blocked_us, _, _, would_admit = step_of(bucket, word, i, cost)
  return would_admit and blocked_us == 0
end

-- Lets a limit have its charge, if it is to have it and can pay. Returns whether it stands in nobody's way.
local function apply(bucket, word, i, cost, allowed)
  local terms, keeps, stored_last, blocked_us, uncapped, epoch, admitted, used, last, carried, charged, charged_last, charged_carried =
    step_of(bucket, word, i, cost)
  local action = byte(word)
  local pays = action == 99 or (action == 114 and byte(word, 2 * i + 1) % 4 < 2)
  -- A bucket that lay too far ahead of a clock that jumped stays where it was put.
  if stored_last and last < stored_last then keeps = true end
  local paid = 0
  if allowed and admitted and blocked_us == 0 and pays and cost > 0 then
    used, last, carried, keeps, paid = charged, charged_last, charged_carried, true, cost
  end
  local passes = (admitted and blocked_us == 0) or is_shadow(word, i)
  -- A refusal changes no bucket that an earlier stage of the request holds.
  if keeps and action ~= 112 and (not bucket.held or (allowed and passes)) then
    if uncapped then
      --include account.lua
      uncapped = change_uncapped(uncapped, terms, function(used_in_all, its_last, its_carried)
        return terms.algorithm.debit(used_in_all, its_last, its_carried, paid * terms.scale, terms)
      end)
    end
    put(bucket, terms, used, last, carried, uncapped)
    bucket.epoch = epoch
  end
  add_row(admitted, used, last, carried, blocked_us, terms, terms_of(word, i), nil, epoch)
  return passes
end
