-- Keep what the dispatcher has learned, forget what it has forgotten, and note the last event that is in it.
--
-- KEYS[1]  the lease          KEYS[2]  the note    KEYS[3…]  the hash of each kind
-- ARGV[1]  the lease as it was given               ARGV[2]   the event, or nothing for none
-- ARGV[3]  MessagePack: of each kind in turn {set = {name, value, …}, drop = {name, …}}, no more than `unpack` takes
-- returns  1, or 0 when the lease is another's or nobody's

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i, change in ipairs(cmsgpack.unpack(ARGV[3])) do
  if #change.set > 0 then redis.call('HSET', KEYS[i + 2], unpack(change.set)) end
  if #change.drop > 0 then redis.call('HDEL', KEYS[i + 2], unpack(change.drop)) end
end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2]) end
return 1
