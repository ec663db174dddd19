-- The task was not done after all.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `queue`, `size`; `doc` is the new text.

verbs.reopen = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  return move(c, row, task, {
    queue = facts.queue,
    size = facts.size,
    reopened = (live.reopened or 0) + 1,
    reopened_at = c.now,
    relaxed = 0,
  })
end
