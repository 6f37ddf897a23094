-- A charge on a guaranteed share, beside the charge of its parent: guaranteed-step.ts of the core.
-- Makes: charge of q.
-- Expects: now, floor_div, buckets, bucket_step, pays, may_change, put, add_row.
--include guaranteed-shares.lua

-- Whole units of a parent's bucket at now that any child may take. A burst is not for children that borrow.
local function free_units(used, last, carried, rule)
  local free
  if rule.kind == BURST_MAX then
    free = rule.rate - carried - used
  else
    free = rule.capacity * rule.scale - rule.algorithm.missing(used, last, carried, rule)
  end
  return free <= 0 and 0 or floor_div(free, rule.scale)
end

-- Microseconds until a cost above the rest of the guarantee is admitted if no other child asks; -1 if it never can be.
local function wait_beside(charge, reserved_next)
  local rule, parent, cost = charge.terms, charge.parent, charge.cost
  local parent_rule = parent.terms
  local most = parent_rule.kind == BURST_MAX and floor_div(parent_rule.rate, parent_rule.scale) or parent_rule.capacity
  if cost > math.max(rule.capacity, most) then return -1 end
  local start = (floor_div(math.max(now, charge.last), rule.period_us) + 1) * rule.period_us
  if cost <= rule.capacity then return start - now end
  local used, last, carried = parent_rule.algorithm.advance(parent.used, parent.last, parent.carried, start, parent_rule)
  if parent.cost + reserved_next > free_units(used, last, carried, parent_rule) then start = start + rule.period_us end
  return start - now
end

-- Marks the child as active, and charges it.
local function apply(call, charge, allowed)
  local used, record = charge.used, charge.record
  if record and charge.cost > 0 and charge.blocked_us == 0 and may_change(call, charge, allowed) then
    if allowed and not charge.retry_us and pays(call, charge) then used = used + charge.cost end
    put(charge.bucket, charge.terms, used, charge.last, ACTIVE_PERIODS)
    charge.bucket.epoch = charge.epoch
    recount(record, charge.terms, charge.unused, charge.next_units, charge.bucket)
  end
  add_row(charge, used, charge.last, 0)
end

-- Fills in what a charge finds, before anything is charged. Without its parent it limits nothing.
-- Where a later policy has stored another rule, that rule decides as for any bucket.
local function step(call, charge)
  charge.record, charge.retry_us = nil, nil
  bucket_step(call, charge)
  local rule, cost, parent = charge.terms, charge.cost, charge.parent
  if rule.kind ~= GUARANTEED then return end
  charge.apply, charge.admits, charge.passes = apply, true, charge.blocked_us == 0
  if not parent then return end
  charge.record = buckets[charge.key_beside]
  local _, reserved, _, reserved_next = read_record(charge.record, rule)
  charge.unused, charge.next_units = counted_in(charge.bucket, rule)
  local free = free_units(parent.used, parent.last, parent.carried, parent.terms)
  if cost == 0 or cost <= rule.capacity - charge.used or parent.cost + math.max(0, reserved - charge.unused) <= free then return end
  charge.retry_us = wait_beside(charge, math.max(0, reserved_next - charge.next_units))
  charge.admits, charge.passes = false, false
end

return { step = step }
