-- The agent gives the task back.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `reason`, `cool_until`.

verbs.release = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  return move(c, row, task, {cooling_down = cooling(live, facts, c.now)})
end
