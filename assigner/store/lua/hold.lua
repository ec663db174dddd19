-- Let a task wait for an instant, or for a person.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `reason`, `until`; `override`, if one holds it.

verbs.hold = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts = told(c)
  if facts.override then says(task.live, 'held', {by = facts.override}) end
  return move(c, row, task, {held_until = facts["until"], hold_reason = facts.reason})
end
