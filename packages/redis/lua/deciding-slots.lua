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

    -- Gives a slot back at once; whoever asks after that reads the key anew.
    release = function(key, lease)
      release_slot(key, lease)
      seen[key] = nil
    end,

    write = function()
      for _, found in pairs(seen) do write_slots(found) end
    end,
  }
end
