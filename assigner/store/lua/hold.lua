-- Let a task wait for an instant, or for a person.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `reason`, `until`.

return each(function(c)
  local task, refusal = task_of(c)
  if refusal then return refusal end
  local facts = told(c)
  return move(c, row, task, {held_until = facts["until"], hold_reason = facts.reason})
end)
