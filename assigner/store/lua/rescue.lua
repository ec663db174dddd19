-- The agent is lost: queue the task again.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`.

return each(function(c)
  local task, refusal = task_of(c)
  if refusal then return refusal end
  return move(c, row, task, {})
end)
