-- A person ends the wait.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`.

verbs.resume = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  return move(c, row, task, {})
end
