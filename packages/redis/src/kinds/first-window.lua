-- Windows that begin with a key's first charge (f): the same steps as first-window.ts of the core.
-- token-bucket.lua says what each function is.
-- Makes: algorithm of f.
-- Expects: floor_div, ceil_div, used_units, lacking_units, debit_units, give_back_units.
--
-- `used` counts the scaled units of the window that began at `last`.
return {
  advance = function(used, last, _, now, rule)
    if used == 0 then return 0, now, 0 end
    if now < last then
      if last - now > ceil_div(used, rule.rate) * rule.period_us then return used, now, 0 end
      return used, last, 0
    end
    local windows = floor_div(now - last, rule.period_us)
    if windows == 0 then return used, last, 0 end
    local left = math.max(0, used - rule.rate * windows)
    return left, left == 0 and now or last + windows * rule.period_us, 0
  end,

  missing = used_units,

  wait_for = function(units, used, last, _, now, rule)
    local need = units * rule.scale - (rule.capacity * rule.scale - used)
    return last + ceil_div(need, rule.rate) * rule.period_us - now
  end,

  lacking = lacking_units,

  debit = debit_units,

  -- Without the bucket, the end of the window of the charge is unknown. Then the window counts as ended at once.
  returnable = function(units, charged, charged_at, now, rule, used, last)
    local ended = 0
    if not used then
      ended = 1 + floor_div(now - charged_at, rule.period_us)
    elseif last > charged_at then
      ended = ceil_div(last - charged_at, rule.period_us)
    end
    return math.min(units * rule.scale, math.max(0, charged * rule.scale - rule.rate * ended))
  end,

  give_back = give_back_units,
}
