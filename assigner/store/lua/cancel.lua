-- The task is not needed any more.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `reason`.

return each(function(c)
  local task, refusal = task_of(c)
  if refusal then return refusal end
  local facts = told(c)
  return move(c, row, task, {outcome = facts.reason})
end)
