-- The token bucket, greedy (g) or by interval (i): line for line what token-bucket.ts of the core does. A state is three numbers:
-- used, the missing scaled units; last, microseconds since the epoch; and carried, which is 0 here.
local function token_bucket()
  -- How often the rate has come back between two moments: microseconds, or boundaries of periods since the epoch.
  local function ticks(from, to, rule)
    if rule.kind == 'g' then return to - from end
    return floor_div(to, rule.period_us) - floor_div(from, rule.period_us)
  end

  local function advance(used, last, _, now, rule)
    if now > last then
      local left = used - rule.rate * ticks(last, now, rule)
      return left > 0 and left or 0, now, 0
    end
    local time_to_full = ceil_div(used, rule.rate) * (rule.kind == 'g' and 1 or rule.period_us)
    if last - now > time_to_full then return used, now, 0 end
    return used, last, 0
  end

  return {
    advance = advance,

    -- Whether the cost is admitted; the bucket at now, uncharged; and the bucket charged. A bucket never used has no used.
    decide = function(used, last, carried, now, cost, rule)
      if used then
        used, last = advance(used, last, carried, now, rule)
      else
        used, last = (rule.capacity - rule.initial) * rule.scale, now
      end
      local admits = cost == 0 or (cost <= rule.capacity and cost * rule.scale <= rule.capacity * rule.scale - used)
      return admits, used, last, 0, admits and used + cost * rule.scale or used, last, 0
    end,

    -- Microseconds until a bucket at now is full.
    reset_us = function(used, last, _, now, rule)
      if used == 0 then return 0 end
      local start, count = now > last and now or last, ceil_div(used, rule.rate)
      if rule.kind == 'g' then return start - now + count end
      return (floor_div(start, rule.period_us) + count) * rule.period_us - now
    end,

    returnable = function(units, charged, charged_at, now, rule)
      local repaid = now > charged_at and rule.rate * ticks(charged_at, now, rule) or 0
      return math.min(units * rule.scale, math.max(0, charged * rule.scale - repaid))
    end,

    debit = function(used, last, _, amount)
      return used + amount, last, 0
    end,

    give_back = function(used, last, _, amount)
      return math.max(0, used - amount), last, 0
    end,

    missing = function(used)
      return used
    end,

    lacking = function(amount, now)
      return amount, now, 0
    end,
  }
end
