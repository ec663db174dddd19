-- Nobody answered in time, by the server's clock.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `offer` and is told `cool_until`, `presence`.

verbs.expire = function(c, row)
  local task, refusal = offered(c, true)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  return move(c, row, task, {cooling_down = cooling(live, facts, c.now)}, facts.presence)
end
