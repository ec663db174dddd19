-- Delete tasks that ended before an instant, the first first.
--
-- KEYS, ARGV, returns: as in prelude.lua, but one command, {actor, op, now, most}, and the answer is how many.

local c = asked[1]
local ids = redis.call('ZRANGEBYSCORE', key.ended, '-inf', string.format('(%.0f', c.now), 'LIMIT', 0, c.most)
for _, id in ipairs(ids) do
  emit(c, 'task.pruned', {task = read('task', id)})
  redis.call('DEL', key.task .. id, key.history .. id)
  redis.call('ZREM', key.ended, id)
end
return #ids
