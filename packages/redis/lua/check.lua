-- Says what a server does not let the store do.
--
-- KEYS  A key of the store, which is written and deleted.
-- ARGV  Commands that the store needs, each with its arguments, divided by spaces; $ stands for the key.
-- Reply 1   The version of the server; empty before version 7.
--       2   The error of a write; empty if it succeeds.
--       3.. The names of the commands that the user may not run.
local report = { redis.REDIS_VERSION or '', '' }
local may_run = redis.acl_check_cmd
for i = 1, #ARGV do
  local parts = {}
  for part in string.gmatch(ARGV[i], '%S+') do parts[#parts + 1] = part == '$' and KEYS[1] or part end
  -- A command that the server does not have is an error.
  local is_known, is_allowed = pcall(may_run or function() return true end, unpack(parts))
  if not is_known or not is_allowed then report[#report + 1] = parts[1] end
end
local written = redis.pcall('SET', KEYS[1], '1', 'PX', '1000')
if written.err then report[2] = written.err else redis.pcall('DEL', KEYS[1]) end
return report
