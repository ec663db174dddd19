-- Forget an agent who holds nothing.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `agent`.

return each(function(c)
  local agent = read('agent', c.agent)
  if not agent then return refuse('unknown_agent') end
  local refusal = stale(c, agent.live.version)
  if refusal then return refusal end
  if agent.live.load > 0 then return refuse('agent_has_work', {load = agent.live.load}) end
  redis.call('DEL', key.agent .. c.agent)
  redis.call('SREM', key.agents, c.agent)
  return emit(c, 'agent.removed', {agent = agent})
end)
