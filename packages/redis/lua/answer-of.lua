-- What a command answered; nil where the key holds a type of value that is not ours. Any other error is raised: what Redis could not do is
-- an outage, and never "nothing there".
local function answer_of(reply)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if string.sub(reply.err, 1, 9) == 'WRONGTYPE' then return nil end
  error(reply)
end
