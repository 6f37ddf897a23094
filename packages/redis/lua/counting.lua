-- Deciding, alike for every kind of rule that can say what is missing: counting.ts of the core. Completes the algorithm of a kind.
local function counting(kind)
  local advance, lacking, missing, debit, wait_for = kind.advance, kind.lacking, kind.missing, kind.debit, kind.wait_for

  kind.decide = function(used, last, carried, now, cost, rule)
    if used then
      used, last, carried = advance(used, last, carried, now, rule)
    else
      used, last, carried = lacking((rule.capacity - rule.initial) * rule.scale, now, rule)
    end
    local free = rule.capacity * rule.scale - missing(used, last, carried, rule)
    local admits = cost == 0 or (cost <= rule.capacity and cost * rule.scale <= free)
    if cost == 0 or not admits then return admits, used, last, carried, used, last, carried end
    return true, used, last, carried, debit(used, last, carried, cost * rule.scale, rule)
  end

  kind.reset_us = function(used, last, carried, now, rule)
    if missing(used, last, carried, rule) == 0 then return 0 end
    return wait_for(rule.capacity, used, last, carried, now, rule)
  end

  return kind
end
