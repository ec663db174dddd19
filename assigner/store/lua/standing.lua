-- What offer.lua needs besides prelude.lua: whether an active override stands against an offer.

-- Looked at once for all commands: mostly there are none.
local some_stand = redis.call('EXISTS', key.slots) == 1

-- The refusal where an override stands against any offer of the queue, to the agent, or of the one to the other.
local function forbidden(agent, queue)
  local slots = {'freeze ' .. queue, 'drain ' .. agent, 'exclude ' .. agent .. ' ' .. queue}
  for _, by in ipairs(redis.call('HMGET', key.slots, unpack(slots))) do
    if by then return refuse('override_conflict', {by = by, field = 'slot'}) end
  end
end
