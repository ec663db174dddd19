-- The clock, the server's, ends the wait.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`.

verbs.wake = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local due = task.live.held_until
  if not due or due > server_ms() then return refuse('not_due', {due = due}) end
  return move(c, row, task, {})
end
