-- Make an API key, or replace it.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `key` (its id), and `doc`, the key as text without its version.

return each(function(c)
  local known = read('key', c.key)
  local version = known and known.live.version or 0
  local refusal = stale(c, version)
  if refusal then return refusal end
  redis.call('SADD', key.keys, c.key)
  return happen(c, 'key.put', {key = {kind = 'key', id = c.key, live = {version = version + 1}, doc = c.doc}})
end)
