-- How a bucket lives on when its rule changes: migrate.ts of the core.
local function same_rule(a, b)
  return a.text == b.text or string.match(a.text, '^[^@]*') == string.match(b.text, '^[^@]*')
end

-- What is kept (how): u, the units used; r, those remaining; p, the used share of the capacity; f, nothing.
local function convert(missing, from, to, how)
  local old_full, new_full = from.capacity * from.scale, to.capacity * to.scale
  if how == 'u' then return scale_up(missing, from.scale, to.scale) end
  if how == 'p' then return scale_up(missing, old_full, new_full) end
  if how == 'f' then return 0 end
  if missing > old_full then return math.min(new_full + scale_up(missing - old_full, from.scale, to.scale), most) end
  return new_full - math.min(new_full, scale_down(old_full - missing, from.scale, to.scale))
end

local function migrate(bucket, from, to, how)
  local used, last, carried = from.algorithm.advance(bucket.used, bucket.last, bucket.carried, now, from)
  -- A bucket whose time lies ahead since the clock stepped back stays there.
  return to.algorithm.lacking(convert(from.algorithm.missing(used, last, carried, from), from, to, how), math.max(now, last), to)
end
