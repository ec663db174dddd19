-- Take an open offer back.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `offer` and is told `reason`.

verbs.revoke = function(c, row)
  local task, refusal = offered(c)
  if refusal then return refusal end
  return move(c, row, task, {})
end
