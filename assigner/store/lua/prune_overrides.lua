-- Forget overrides that have not held since an instant, the first first.
--
-- KEYS, ARGV, returns: as in prelude.lua, but one command, {actor, op, now, most}, and the answer is how many.

local c = asked[1]
local ids = redis.call('ZRANGEBYSCORE', key.past, '-inf', string.format('(%.0f', c.now), 'LIMIT', 0, c.most)
for _, id in ipairs(ids) do
  emit(c, 'override.pruned', {override = read('override', id)})
  redis.call('DEL', key.override .. id, key.override_tasks .. id)
  redis.call('ZREM', key.overrides, id)
  redis.call('ZREM', key.past, id)
end
return #ids
