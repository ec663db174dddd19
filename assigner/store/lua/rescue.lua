-- The agent is lost: queue the task again.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`.

verbs.rescue = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  return move(c, row, task, {})
end
