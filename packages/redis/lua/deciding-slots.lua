-- One charge on the slots of a key, as a table of functions: what deciding-buckets.lua does for buckets.
local function deciding_slots()
  local seen = {}

  -- The slots of a key, read when they are first asked for.
  local function at(key)
    if not seen[key] then seen[key] = read_slots(key) end
    return seen[key]
  end

  -- What a cost finds: the terms to decide by, which are those of the latest version; whether there is room; and microseconds for which
  -- the key is blocked.
  local function room_in(bucket, found, word, i, cost)
    local terms = terms_of(word, i)
    if found.held > 0 and found.terms.version > terms.version then terms = found.terms end
    return terms, cost == 0 or found.held + cost <= terms.capacity, blocked_us_of(bucket, cost)
  end

  -- When the first of some leases ends that is not left out.
  local function first_of(leases, left_out)
    for i = 1, #leases, 2 do
      if not left_out[leases[i]] then return tonumber(leases[i + 1]) end
    end
  end

  return {
    at = at,
    is_held = is_held,

    admits = function(bucket, found, word, i, cost)
      local _, has_room, blocked_us = room_in(bucket, found, word, i, cost)
      return has_room and blocked_us == 0
    end,

    -- Takes a slot, if the charge is to have one and there is one. Returns whether it stands in nobody's way.
    apply = function(bucket, found, word, i, cost, allowed, name)
      local terms, has_room, blocked_us = room_in(bucket, found, word, i, cost)
      local passes = has_room and blocked_us == 0
      if allowed and passes and cost > 0 and byte(word) == 114 then take_slot(found, terms, name) end
      add_row(has_room, found.held, found.first_end, found.last_end, blocked_us, terms, terms_of(word, i))
      return passes or is_shadow(word, i)
    end,

    -- Leaves a lease out, as if it had been given back. Nothing is written.
    leave_out = function(key, lease)
      local found = at(key)
      local left_out = found.left_out or {}
      if left_out[lease] or not is_held(key, lease) then return end
      found.left_out, left_out[lease] = left_out, true
      found.count_out = (found.count_out or 0) + 1
      found.held = found.held - 1
      if found.held == 0 then
        found.first_end, found.last_end, found.terms, found.text = now, now, nil, nil
        return
      end
      local earliest = redis.call('ZRANGE', key, 0, found.count_out, 'WITHSCORES')
      local latest = redis.call('ZRANGE', key, '+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', 1, found.count_out + 1, 'WITHSCORES')
      found.first_end, found.last_end = first_of(earliest, left_out), first_of(latest, left_out)
    end,

    write = function()
      for _, found in pairs(seen) do write_slots(found) end
    end,
  }
end
