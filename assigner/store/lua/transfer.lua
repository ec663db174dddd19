-- Queue a task elsewhere, or as something else.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `queue`, `size`; `doc` is the new text.

return each(function(c)
  local task, refusal = task_of(c)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  return move(c, row, task, {
    queue = facts.queue,
    size = facts.size,
    handoffs = (live.handoffs or 0) + 1,
    relaxed = 0,
  })
end)
