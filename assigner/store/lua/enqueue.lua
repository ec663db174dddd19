-- Make a task, queued or held; one that is there with the same content stays as it is.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`, `queue`, `size`, `at`,
-- and as text `doc`, `live` and `made`, which becomes the first entry of its history.

return each(function(c)
  local task = key.task .. c.task
  if redis.call('EXISTS', task) == 1 then
    local known = read('task', c.task)
    local same = known.doc == c.doc and known.live.queue == c.queue and known.live.size == c.size
    return same and {3} or refuse('task_exists', {state = known.live.state})
  end
  local id = redis.call('XADD', key.events, 'MAXLEN', '~', rules.events, '*', 'type', 'task.enqueued', 'at', c.at,
    'actor', c.actor, 'op', c.op, 'facts', '{}', 'task', c.live, 'task_doc', c.doc)
  redis.call('HSET', task, 'live', c.live, 'doc', c.doc, 'made', id .. ' ' .. c.made)
  redis.call('SADD', key.open, c.task)
  return {0, id}
end)
