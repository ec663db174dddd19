-- An active override holds no more: do what applies still of the steps, unless a task is left that they are not about,
-- and note it.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `override` (its id), `state` and `steps`, as make_override.lua.

-- The first task that would carry something of the override still.
local function missed(override)
  for _, id in ipairs(redis.call('LRANGE', key.override_tasks .. override, 0, -1)) do
    local task = read('task', id)
    local live = task and task.live
    local open = live and not ENDED[live.state]
    if open and sayers(live.overrides or {})[override] and not begun(live, override) then return id end
  end
end

return whole(function(c)
  local record = read('override', c.override)
  if not record then return refuse('unknown_override') end
  local live = record.live
  if live.state ~= 'active' then return refuse('override_ended', {state = live.state}) end
  local refusal = stale(c, live.version)
  if refusal then return refusal end
  local done = do_steps(c, true)
  local left = missed(c.override)
  if left then return refuse('stale_version', {task = left}) end
  flush()
  over(live, c.state, c)
  live.version = live.version + 1
  local skipped = done.skipped + done.refused
  return put_override(c, 'override.' .. c.state, record, skipped > 0 and pack({skipped = skipped}) or nil)
end)
