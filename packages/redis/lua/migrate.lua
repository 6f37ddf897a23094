-- How a bucket lives on when its rule changes: migrate.ts of the core.
local function same_rule(a, b)
  return a.text == b.text or string.match(a.text, '^[^@]*') == string.match(b.text, '^[^@]*')
end

-- What is missing where as much remains as before, or as fits; what is owed stays owed.
local function leaving(missing, from, to)
  local old_full, new_full = from.capacity * from.scale, to.capacity * to.scale
  if missing > old_full then return math.min(new_full + scale_up(missing - old_full, from.scale, to.scale), most) end
  return new_full - math.min(new_full, scale_down(old_full - missing, from.scale, to.scale))
end

-- What is kept (how): u, the units used in all; r, those remaining; p, the used share of the capacity; f, nothing.
local function kept_of(missing, used, from, to, how)
  if how == 'u' then return used end
  if how == 'r' then return leaving(missing, from, to) end
  if how == 'f' then return 0 end
  local share = scale_up(missing, from.capacity * from.scale, to.capacity * to.scale)
  return math.max(share, math.min(used, leaving(missing, from, to)))
end

-- Returns the state, and the uncapped state beside it.
local function migrate(bucket, from, to, how)
  local advance, missing = from.algorithm.advance, from.algorithm.missing
  local used, last, carried = advance(bucket.used, bucket.last, bucket.carried, now, from)
  local lacks = missing(used, last, carried, from)
  local in_all, beside = lacks, bucket.uncapped
  if beside then
    local beside_used, beside_last, beside_carried = advance(beside.used, beside.last, beside.carried, now, from)
    in_all = math.max(lacks, missing(beside_used, beside_last, beside_carried, from))
  end
  -- A bucket whose time lies ahead since the clock stepped back stays there.
  local at = math.max(now, last)
  in_all = how == 'f' and 0 or scale_up(in_all, from.scale, to.scale)
  used, last, carried = to.algorithm.lacking(kept_of(lacks, in_all, from, to, how), at, to)
  -- What is more than a guarantee its parent counts.
  if to.kind == 'q' then return used, last, carried end
  local all_used, all_last, all_carried = to.algorithm.lacking(in_all, at, to)
  return used, last, carried, { used = all_used, last = all_last, carried = all_carried }
end
