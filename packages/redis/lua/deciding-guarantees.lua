-- One charge on a guaranteed share, beside that of its parent: guaranteed-step.ts of the core, as a table of functions.
local function deciding_guarantees()
  --include guarantees.lua

  -- Whole units of a parent's bucket at now that may go to whoever asks: a burst is not for those who borrow.
  local function spare_of(used, last, carried, rule)
    local left
    if rule.kind == 'b' then
      left = rule.rate - carried - used
    else
      left = rule.capacity * rule.scale - rule.algorithm.missing(used, last, carried, rule)
    end
    return left <= 0 and 0 or floor_div(left, rule.scale)
  end

  -- Microseconds until a cost above what is left of the guarantee is admitted, if nobody else asks; -1 if it never can be.
  local function wait_beside(cost, parent_cost, others, last, rule, parent, parent_used, parent_last, parent_carried)
    local most = parent.kind == 'b' and floor_div(parent.rate, parent.scale) or parent.capacity
    if cost > math.max(rule.capacity, most) then return -1 end
    local start = (floor_div(math.max(now, last), rule.period_us) + 1) * rule.period_us
    if cost <= rule.capacity then return start - now end
    local used_then, last_then, carried_then = parent.algorithm.advance(parent_used, parent_last, parent_carried, start, parent)
    if parent_cost + others > spare_of(used_then, last_then, carried_then, parent) then start = start + rule.period_us end
    return start - now
  end

  -- What a charge finds; nil where a later policy has stored another rule for it. Without a parent it limits nothing.
  local function find(bucket, word, i, cost, pool, parent_bucket, parent_at, parent_cost)
    local rule, _, _, blocked_us, _, epoch, _, used, last = step_of(bucket, word, i, cost)
    if rule.kind ~= 'q' then return nil end
    local found = { bucket = bucket, pool = parent_bucket and pool, terms = rule, used = used, last = last, epoch = epoch, blocked_us = blocked_us }
    if not parent_bucket then return found end
    local parent, _, _, _, _, _, _, parent_used, parent_last, parent_carried = step_of(parent_bucket, word, parent_at, parent_cost)
    local _, kept, _, asked = read_pool(pool, rule)
    found.unmet, found.asked = counted_in(bucket, rule)
    local kept_for_others = math.max(0, kept - found.unmet)
    local spare = spare_of(parent_used, parent_last, parent_carried, parent)
    if cost == 0 or cost <= rule.capacity - used or parent_cost + kept_for_others <= spare then return found end
    local others = math.max(0, asked - found.asked)
    found.retry_us = wait_beside(cost, parent_cost, others, last, rule, parent, parent_used, parent_last, parent_carried)
    return found
  end

  local function admits(found)
    return not found.retry_us and found.blocked_us == 0
  end

  return {
    -- What all guaranteed shares of a call find, before anybody is charged. The places of their parents stand in ARGV from first_place on.
    -- Returns it by charge, and how many there are.
    find_all = function(pools, word, first_key, first_cost, first_place)
      local found, count = {}, 0
      for i = 1, (#word - 2) / 2 do
        if pools[i] then
          local parent = tonumber(ARGV[first_place + count])
          local parent_bucket = parent > 0 and buckets[KEYS[first_key + parent - 1]] or nil
          local bucket, cost = buckets[KEYS[first_key + i - 1]], tonumber(ARGV[first_cost + i - 1])
          found[i] = find(bucket, word, i, cost, pools[i], parent_bucket, parent, tonumber(ARGV[first_cost + parent - 1]))
          count = count + 1
        end
      end
      return found, count
    end,

    admits = admits,

    -- Marks the child as present and charges it. Returns whether it stands in nobody's way.
    apply = function(found, word, i, cost, allowed)
      local used, action, passes = found.used, byte(word), admits(found) or is_shadow(word, i)
      local may_change = not found.bucket.held or (allowed and passes)
      if found.pool and action ~= 112 and cost > 0 and found.blocked_us == 0 and may_change then
        local pays = action == 99 or byte(word, 2 * i + 1) % 4 < 2
        if allowed and pays and not found.retry_us then used = used + cost end
        put(found.bucket, found.terms, used, found.last, present_for)
        found.bucket.epoch = found.epoch
        recount(found.pool, found.terms, found.unmet, found.asked, found.bucket)
      end
      add_row(not found.retry_us, used, found.last, 0, found.blocked_us, found.terms, terms_of(word, i), found.retry_us, found.epoch)
      return passes
    end,
  }
end
