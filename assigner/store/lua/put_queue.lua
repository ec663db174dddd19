-- Make a queue, or replace its settings.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `queue` and `doc`, as text.

return each(function(c)
  local queue = read('queue', c.queue)
  local version = queue and queue.live.version or 0
  local refusal = stale(c, version)
  if refusal then return refusal end
  local live = {id = c.queue, version = version + 1, updated_at = c.now}
  redis.call('SADD', key.queues, c.queue)
  return happen(c, 'queue.put', {queue = {kind = 'queue', id = c.queue, live = live, doc = c.doc}})
end)
