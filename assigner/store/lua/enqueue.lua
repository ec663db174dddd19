-- Make a task, queued or held; one that is there with the same content stays as it is.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`, `queue`, `size`, `live` and `doc`, both as text.

return each(function(c)
  local known = read('task', c.task)
  if known then
    local same = known.doc == c.doc and known.live.queue == c.queue and known.live.size == c.size
    return same and {3} or refuse('task_exists', {state = known.live.state})
  end
  redis.call('HSET', key.task .. c.task, 'live', c.live, 'doc', c.doc)
  redis.call('SADD', key.open, c.task)
  local id = redis.call('XADD', key.events, 'MAXLEN', '~', rules.events, '*', 'type', 'task.enqueued', 'at', c.at,
    'actor', c.actor, 'op', c.op, 'facts', '{}', 'task', c.live, 'task_doc', c.doc)
  redis.call('RPUSH', key.history .. c.task, id, 'task.enqueued', c.at, c.actor, c.op, '{}', c.live, '{}', '', '')
  return {0, id}
end)
