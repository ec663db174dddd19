-- The agent gives the task back.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `reason`, `cool_until`.

return each(function(c)
  local task, refusal = task_of(c)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  return move(c, row, task, {cooling_down = cooling(live, facts, c.now)})
end)
