-- Make a task, queued or held; one that is there with the same content stays as it is.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task`, `queue`, `size`, and its `doc`, its `live` and its
-- `made`, the first entry of its history: text that stays as it came. What is done is answered {0, event id}.

local tasks, made_now = {}, {}
for i, c in ipairs(asked) do tasks[i] = key.task .. c.task end
local all_new = redis.call('EXISTS', unpack(tasks)) == 0
local answers = each(function(c)
  local task = key.task .. c.task
  if made_now[c.task] or not all_new and redis.call('EXISTS', task) == 1 then
    local known = read('task', c.task)
    local same = known.doc == c.doc and known.live.queue == c.queue and known.live.size == c.size
    return same and {3} or refuse('task_exists', {state = known.live.state})
  end
  -- What the record says itself, such as the instant, is not said twice.
  local id = redis.call('XADD', key.events, 'MAXLEN', '~', rules.events, '*', 'type', 'task.enqueued',
    'actor', c.actor, 'op', c.op, 'task', c.live, 'task_doc', c.doc)
  redis.call('HSET', task, 'live', c.live, 'doc', c.doc, 'made', id .. ' ' .. c.made)
  made_now[c.task] = true
  return {0, id}
end)
local ids = {}
for id in pairs(made_now) do ids[#ids + 1] = id end
if #ids > 0 then redis.call('SADD', key.open, unpack(ids)) end
return answers
