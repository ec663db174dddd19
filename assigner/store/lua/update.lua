-- Change what the client said of a task; where an agent has it, they must have room for its new size.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `queue`, `size`; `doc` is the new text.

return each(function(c)
  local task, refusal = task_of(c)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  local more = (facts.size or live.size) - live.size
  if more > 0 and HOLDING[live.state] then
    local agent = read('agent', live.agent).live
    if agent.load + more > agent.capacity then
      return refuse('at_capacity', {load = agent.load, capacity = agent.capacity})
    end
  end
  return move(c, row, task, {queue = facts.queue, size = facts.size})
end)
