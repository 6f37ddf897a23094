-- What a cost finds in the slots of a key: the terms to decide by, which are those of the latest version; whether there is room; and
-- microseconds for which the key is blocked.
local function room_in(bucket, slots, word, i, cost)
  local terms = terms_of(word, i)
  if slots.held > 0 and slots.terms.version > terms.version then terms = slots.terms end
  return terms, cost == 0 or slots.held + cost <= terms.capacity, blocked_us_of(bucket, cost)
end

local function admits_slot(bucket, slots, word, i, cost)
  local _, has_room, blocked_us = room_in(bucket, slots, word, i, cost)
  return has_room and blocked_us == 0
end

-- Takes a slot, if the charge is to have one and there is one. Returns whether it stands in nobody's way.
local function apply_slot(bucket, slots, word, i, cost, allowed, name)
  local terms, has_room, blocked_us = room_in(bucket, slots, word, i, cost)
  local passes = has_room and blocked_us == 0
  if allowed and passes and cost > 0 and byte(word) == 114 then take_slot(slots, terms, name) end
  add_row(has_room, slots.held, slots.first_end, slots.last_end, blocked_us, terms, terms_of(word, i))
  return passes or is_shadow(word, i)
end
