-- The records of many ids in one answer: reading them one by one costs the client ten times as much.
--
-- KEYS[1]  the stream of the workspace; all its keys have the same hash tag
-- ARGV     what the keys of a kind begin with, and the ids
-- returns  live and doc of each id in turn, false and false where there is none

local found = {}
for i = 2, #ARGV do
  local record = redis.call('HMGET', ARGV[1] .. ARGV[i], 'live', 'doc')
  found[#found + 1], found[#found + 2] = record[1], record[2]
end
return found
