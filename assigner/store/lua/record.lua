-- What comes after staging.lua: how an override is written, and told.

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

local function refused(done, number, answer)
  done.refused = done.refused + 1
  if done.refused > rules.most then return end
  done.refusals[done.refused] = '[' .. number .. ',"' .. answer[2] .. '",' .. answer[3] .. ']'
end

-- What was not done, as facts, with some counts besides.
local function not_done(refusals, skipped, counts)
  local parts = {}
  for name, count in pairs(counts or {}) do parts[#parts + 1] = '"' .. name .. '":' .. count end
  if skipped > 0 then parts[#parts + 1] = '"skipped":' .. skipped end
  if refusals.refused > 0 then
    parts[#parts + 1] = '"refused":' .. refusals.refused
    parts[#parts + 1] = '"refusals":[' .. table.concat(refusals.refusals, ',') .. ']'
  end
  return '{' .. table.concat(parts, ',') .. '}'
end
