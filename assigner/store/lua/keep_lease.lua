-- Hold the dispatcher's lease for longer.
--
-- KEYS[1]  the lease
-- ARGV[1]  the lease as it was given    ARGV[2]  ms that it holds from now
-- returns  1, or 0 when it is another's or nobody's

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
