-- A bucket whose terms are not those of the call: underTerms and migrate.ts of the core.
-- Expects: now, ceil_div, floor_div, parse_terms, same_rule.
-- Gives: under_terms.
--include expired.lua

-- Covers the two roundings of rest / from * to.
local rounding_room = 1 + 2 ^ -50

-- value * to / from, rounded up, at most 2^53 - 1: scaleUp of the core, step by step. (In Lua, fmod is exact here and % is not.)
local function scale_up(value, from, to)
  local rest = math.fmod(value, from)
  local whole = (value - rest) / from * to
  if rest == 0 then return math.min(whole, MAX_SAFE_INTEGER) end
  local product = rest * to
  local part = product <= MAX_SAFE_INTEGER and ceil_div(product, from) or math.min(to, math.ceil(rest / from * to * rounding_room) + 1)
  return math.min(whole + part, MAX_SAFE_INTEGER)
end

-- value * to / from, rounded down, at most 2^53 - 1: scaleDown of the core, step by step.
local function scale_down(value, from, to)
  local rest = math.fmod(value, from)
  local whole = (value - rest) / from * to
  local product = rest * to
  local part = product <= MAX_SAFE_INTEGER and floor_div(product, from) or math.max(0, math.floor(rest / from * to / rounding_room) - 1)
  return math.min(whole + part, MAX_SAFE_INTEGER)
end

-- What is missing under the new rule if as much remains as before, or as fits. Debt stays debt.
local function missing_after(missing, from, to)
  local old_capacity, new_capacity = from.capacity * from.scale, to.capacity * to.scale
  if missing > old_capacity then
    return math.min(new_capacity + scale_up(missing - old_capacity, from.scale, to.scale), MAX_SAFE_INTEGER)
  end
  return new_capacity - math.min(new_capacity, scale_down(old_capacity - missing, from.scale, to.scale))
end

-- What is missing under the new rule, by what the policy keeps. Without a letter of its own, it is the used share of the capacity.
local function kept_of(missing, used, from, to, keeps)
  if keeps == KEEP_USED then return used end
  if keeps == KEEP_REMAINING then return missing_after(missing, from, to) end
  if keeps == KEEP_NOTHING then return 0 end
  -- Of a capacity of 0 nothing is a share.
  local share = from.capacity == 0 and used or scale_up(missing, from.capacity * from.scale, to.capacity * to.scale)
  return math.max(share, math.min(used, missing_after(missing, from, to)))
end

-- The state under the new rule, and the uncapped state beside it.
local function migrate(bucket, from, to, keeps)
  local advance, missing = from.algorithm.advance, from.algorithm.missing
  local used, last, carried = advance(bucket.used, bucket.last, bucket.carried, now, from)
  local lacks = missing(used, last, carried, from)
  local uncapped_lacks, beside = lacks, bucket.uncapped
  if beside then
    local beside_used, beside_last, beside_carried = advance(beside.used, beside.last, beside.carried, now, from)
    uncapped_lacks = math.max(lacks, missing(beside_used, beside_last, beside_carried, from))
  end
  -- A bucket whose time lies ahead, since the clock stepped back, stays there.
  local at = math.max(now, last)
  uncapped_lacks = keeps == KEEP_NOTHING and 0 or scale_up(uncapped_lacks, from.scale, to.scale)
  used, last, carried = to.algorithm.lacking(kept_of(lacks, uncapped_lacks, from, to, keeps), at, to)
  -- The parent of a guaranteed share counts what is more than the guarantee.
  if to.kind == GUARANTEED then return used, last, carried end
  local all_used, all_last, all_carried = to.algorithm.lacking(uncapped_lacks, at, to)
  return used, last, carried, { used = all_used, last = all_last, carried = all_carried }
end

-- The state of a bucket under terms: used, last, carried and uncapped; the terms that decide; the epoch; and whether the rule changed.
-- `replaced` is the text of the terms before a change if they have the same version. There is no `used` if the bucket has expired.
local function under_terms(bucket, terms, keeps)
  local old = bucket.text == terms.text and terms or parse_terms(bucket.text)
  if not old or has_expired(bucket, old) then return { carried = 0, terms = terms, epoch = bucket.epoch, changed = false } end
  if old.version > terms.version or same_rule(old, terms) then
    return {
      used = bucket.used,
      last = bucket.last,
      carried = bucket.carried,
      uncapped = bucket.uncapped,
      terms = old.version > terms.version and old or terms,
      epoch = bucket.epoch,
      changed = false,
    }
  end
  local used, last, carried, uncapped = migrate(bucket, old, terms, keeps)
  local epoch = next_epoch(bucket, old)
  return {
    used = used,
    last = last,
    carried = carried,
    uncapped = uncapped,
    terms = terms,
    epoch = epoch,
    changed = true,
    replaced = old.version == terms.version and old.text or nil,
  }
end
