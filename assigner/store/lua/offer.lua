-- Propose a queued task to an agent who is available and has room; with `accept` they have it at once.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`, `task_version`, `agent_version?`, `offer`, `agent`, `expires_at`, `fixed` (the offer as text) and `accept`.

verbs.offer = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local live = task.live
  if live.version ~= c.task_version then return refuse('stale_version', {version = live.version}) end
  if redis.call('EXISTS', key.offer .. c.offer) == 1 then return refuse('op_reused') end
  local agent = read('agent', c.agent)
  if not agent then return refuse('unknown_agent') end
  refusal = unfit(agent, agent.live.load + live.size)
  if refusal then return refusal end
  if c.agent_version and c.agent_version ~= agent.live.version then
    return refuse('stale_version', {version = agent.live.version})
  end
  refusal = some_stand and forbidden(c.agent, live.queue)
  if refusal then return refusal end
  local state = c.accept and 'accepted' or 'open'
  -- The size is the store's to say; the rest of the offer stays the text that came.
  local doc = c.fixed .. ',"size":' .. string.format('%.0f', live.size) .. '}'
  local offer = {kind = 'offer', id = c.offer, live = {state = state}, doc = doc}
  live.state = c.accept and 'assigned' or row.to
  live.agent, live.offer = c.agent, not c.accept and c.offer or nil
  if c.accept then live.assigned_at, live.responded_at = c.now, live.responded_at or c.now end
  live.attempts, live.version, live.updated_at = (live.attempts or 0) + 1, live.version + 1, c.now
  loaded(agent, live.size, c.now)
  local event = c.accept and 'task.accepted' or 'task.' .. row.event
  return happen(c, event, {task = task, offer = offer, agent = agent})
end
