-- The record of what one parent reserves for its children (p): guarantee-pool.ts of the core.
-- Makes: algorithm of p.
-- Expects: floor_div.
--
-- `used` is reserved in the period that `last` lies in, for children that have not used their guarantees yet.
-- `carried` will be reserved in the next period, for children that have asked in this one.
return {
  advance = function(used, last, carried, now, rule)
    if now < last then
      if last - now > rule.period_us then return used, now, carried end
      return used, last, carried
    end
    local periods = floor_div(now, rule.period_us) - floor_div(last, rule.period_us)
    if periods == 0 then return used, now, carried end
    return periods == 1 and carried or 0, now, 0
  end,

  reset_us = function(used, last, carried, now, rule)
    local periods = carried > 0 and 2 or used > 0 and 1 or 0
    if periods == 0 then return 0 end
    return (floor_div(math.max(now, last), rule.period_us) + periods) * rule.period_us - now
  end,
}
