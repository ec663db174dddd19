-- The work is done.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `outcome`, `promised`.

verbs.complete = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts = told(c)
  return move(c, row, task, {outcome = facts.outcome, promised = facts.promised})
end
