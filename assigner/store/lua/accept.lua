-- The agent takes the task while the offer stands, by the server's clock: of two answers one wins.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `offer`.

verbs.accept = function(c, row)
  local task, refusal = offered(c, false)
  if refusal then return refusal end
  return move(c, row, task, {responded_at = task.live.responded_at or c.now})
end
