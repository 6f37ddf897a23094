-- What has happened to a bucket happens to what is unforgiven of it, too: changeUnforgiven of the core.
-- The change is a function of used, last and carried at now, and of the rule.
local function change_unforgiven(unforgiven, terms, change)
  local used, last, carried = terms.algorithm.advance(unforgiven.used, unforgiven.last, unforgiven.carried, now, terms)
  local since = math.min(unforgiven.since, last)
  used, last, carried = change(used, last, carried, terms)
  return { used = used, last = last, carried = carried, since = since }
end
