-- Make a task, queued or held; one that is there with the same content stays as it is.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`, `queue`, `size`, `at` as text, and as `from` the
-- place in ARGV of its doc, its live and its `made`, the first entry of its history: text that stays as it came.

local made_now = {}
local answers = each(function(c)
  local task, doc, live, made = key.task .. c.task, ARGV[c.from], ARGV[c.from + 1], ARGV[c.from + 2]
  if redis.call('EXISTS', task) == 1 then
    local known = read('task', c.task)
    local same = known.doc == doc and known.live.queue == c.queue and known.live.size == c.size
    return same and {3} or refuse('task_exists', {state = known.live.state})
  end
  local id = redis.call('XADD', key.events, 'MAXLEN', '~', rules.events, '*', 'type', 'task.enqueued', 'at', c.at,
    'actor', c.actor, 'op', c.op, 'facts', '{}', 'task', live, 'task_doc', doc)
  redis.call('HSET', task, 'live', live, 'doc', doc, 'made', id .. ' ' .. made)
  made_now[#made_now + 1] = c.task
  return {0, id}
end)
-- All at once: the script is atomic as a whole, and one command costs less than many.
if #made_now > 0 then redis.call('SADD', key.open, unpack(made_now)) end
return answers
