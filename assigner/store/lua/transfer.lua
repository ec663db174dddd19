-- Queue a task elsewhere, or as something else.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `queue`, `size`; `doc` is the new text.
-- An override that does it tells how it `was`, which is kept until it is transferred or updated again.

verbs.transfer = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  local was = facts.override and facts.was
  if was then was.by = facts.override end
  says(live, 'transferred', was)
  return move(c, row, task, {
    queue = facts.queue,
    size = facts.size,
    handoffs = (live.handoffs or 0) + 1,
    relaxed = 0,
  })
end
