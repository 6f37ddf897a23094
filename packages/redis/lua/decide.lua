-- Decides calls, one after the other. In each call every enforcing limit pays, or none does.
--
-- KEYS  The keys of each call, one call after the other (see calls.lua). Last the list of generations (see generations.lua).
-- ARGV  1    The clock and the calendars (see clock.lua).
--       2    The number of different terms.
--       3..  These terms, and then the calls (see calls.lua).
-- Reply Now. For each call the units granted, if it is a partial grant, and a row for each charge (see add_row in calls.lua).
--include clock.lua
--include fast-path.lua
--include general-path.lua
--include partial-grant.lua

local key, arg = 1, first_call
while arg <= #ARGV do
  local opcode, call = ARGV[arg], nil
  if byte(opcode) == CONSUME_UP_TO then
    call = open_partial_grant(opcode, ARGV[arg + 1], key, arg + 2)
    arg = arg + 1
  else
    call = open_call(opcode, key, arg + 1)
  end
  decide(call)
  key, arg = key + call.key_count, arg + 1 + call.arg_count
end
write_everything()
return reply
