-- Make an agent, or replace what the client said of them.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `agent`, `capacity`, `presence`, `presence_until` and `doc`, as text.

return each(function(c)
  local agent = read('agent', c.agent)
  local refusal = stale(c, agent and agent.live.version or 0)
  if refusal then return refusal end
  agent = agent or {kind = 'agent', id = c.agent,
    live = {id = c.agent, version = 0, presence = 'available', load = 0, idle_since = c.now}}
  local live = agent.live
  live.capacity, live.version, live.updated_at = c.capacity, live.version + 1, c.now
  if c.presence then live.presence, live.presence_until = c.presence, c.presence_until end
  agent.doc = c.doc
  redis.call('SADD', key.agents, c.agent)
  return happen(c, 'agent.put', {agent = agent})
end)
