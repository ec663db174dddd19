-- The agent begins to work; the first time counts.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`.

verbs.start = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local live = task.live
  return move(c, row, task, {started_at = live.started_at or c.now})
end
