-- A person gives a task to an agent; an offer of it is revoked first, as an event of its own.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `agent`, `force`; `override`, if one does it.

verbs.assign = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  local agent = read('agent', facts.agent)
  if not agent then return refuse('unknown_agent') end
  local load = agent.live.load + (live.agent == agent.id and 0 or live.size)
  refusal = unfit(agent, load)
  if refusal and not facts.force then return refusal end
  if live.state == 'offered' then
    move(c, rules.revoke, task, {})
    agent = read('agent', facts.agent)
  end
  if facts.override then
    says(live, 'assigned', {by = facts.override, forced = refusal ~= nil})
  end
  live.state, live.agent, live.version, live.updated_at = row.to, agent.id, live.version + 1, c.now
  live.assigned_at, live.responded_at = c.now, live.responded_at or c.now
  return happen(c, 'task.' .. row.event, {task = task, agent = loaded(agent, live.size, c.now)})
end
