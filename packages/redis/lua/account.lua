-- What has happened to a bucket happens to its uncapped state, too: changeBoth of the core.
-- The change is a function of used, last and carried at now, and of the rule.
local function change_uncapped(uncapped, terms, change)
  local used, last, carried = change(terms.algorithm.advance(uncapped.used, uncapped.last, uncapped.carried, now, terms))
  return { used = used, last = last, carried = carried }
end
