-- Say whether an agent is available, and until when.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `agent`, `presence`, `presence_until`.

return each(function(c)
  local agent = read('agent', c.agent)
  if not agent then return refuse('unknown_agent') end
  local refusal = stale(c, agent.live.version)
  if refusal then return refusal end
  present(agent, c.presence, c.presence_until, c.now)
  agent.live.last_seen_at = c.now
  return happen(c, 'agent.presence_set', {agent = agent})
end)
