-- Change what the client said of a task; where an agent has it, they must have room for its new size.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `queue`, `size`, `not_before`; `doc` is the
-- new text. What is held until its `not_before` is held until the new one; another queue has other relaxation steps.

verbs.update = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  local more = (facts.size or live.size) - live.size
  if more > 0 and HOLDING[live.state] then
    local agent = read('agent', live.agent).live
    if agent.load + more > agent.capacity then
      return refuse('at_capacity', {load = agent.load, capacity = agent.capacity})
    end
  end
  says(live, 'transferred', nil)
  local own = {queue = facts.queue, size = facts.size}
  if facts.queue and facts.queue ~= live.queue then own.relaxed = 0 end
  local by_hand = live.overrides and live.overrides.held
  if live.state == 'held' and live.hold_reason == 'not_before' and not by_hand then own.held_until = facts.not_before or c.now end
  return move(c, row, task, own)
end
