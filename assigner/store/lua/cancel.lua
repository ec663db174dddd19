-- The task is not needed any more.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `reason`.

verbs.cancel = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts = told(c)
  return move(c, row, task, {outcome = facts.reason})
end
