-- The agent does not take the task; it comes back to them after a while.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `offer` and is told `reason`, `cool_until`.

verbs.decline = function(c, row)
  local task, refusal = offered(c, false)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  return move(c, row, task, {
    declines = (live.declines or 0) + 1,
    cooling_down = cooling(live, facts, c.now),
  })
end
