-- What comes after staging.lua: how an override is written.

-- Write an override, its indexes and its event, at once.
local function put_override(c, event, record, facts)
  local live = record.live
  record.text = pack(live)
  redis.call('ZADD', key.overrides, live.made_at, live.id)
  if live.state == 'active' then
    redis.call('SADD', key.active, live.id)
    if live.slot then redis.call('HSET', key.slots, live.slot, live.id) end
  else
    redis.call('SREM', key.active, live.id)
    redis.call('ZADD', key.past, live.ended_at or live.made_at, live.id)
    if live.slot and redis.call('HGET', key.slots, live.slot) == live.id then
      redis.call('HDEL', key.slots, live.slot)
    end
  end
  return write_now({now = c.now, actor = c.actor, op = c.op, told = facts}, event, {override = record})
end

local function over(live, state, c)
  live.state, live.ended_at, live.ended_by = state, c.now, c.actor
end

-- What is made is needed until the end: to look for garbage meanwhile costs a fifth of the time. After a script that
-- failed the server looks by itself.
local function whole(act)
  collectgarbage('stop')
  local answers = each(act)
  collectgarbage('restart')
  return answers
end
