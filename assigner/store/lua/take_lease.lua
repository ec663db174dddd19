-- Take the dispatcher's lease, unless somebody has it; whoever asks again after a lost answer gets the same.
--
-- KEYS[1]  the lease        KEYS[2]  the count of leases
-- ARGV[1]  nonce:holder     ARGV[2]  ms that it holds
-- returns  the lease, or false

local held = redis.call('GET', KEYS[1])
if held then
  return string.match(held, '^%d+:(.*)$') == ARGV[1] and held
end
local lease = redis.call('INCR', KEYS[2]) .. ':' .. ARGV[1]
redis.call('SET', KEYS[1], lease, 'PX', ARGV[2])
return lease
