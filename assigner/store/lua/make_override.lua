-- Do the steps of an override, all or, with `partial`, those that can be done, and note it.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `override` (its id), `live` and `doc` as text, `slot?`, `steps`
-- {verb, task or offer, told?, doc?, version?, lenient?}, `partial`, `replace`, `dry?` and `tasks`; rules has `rows` by verb and
-- `most`. What is done is answered {0, event id, fields, id of the last event}.

return whole(function(c)
  if read('override', c.override) then return refuse('override_exists') end
  local holder = c.slot and redis.call('HGET', key.slots, c.slot)
  if holder and not c.replace then return refuse('override_conflict', {by = holder, field = 'slot'}) end
  local done = do_steps(c)
  if c.dry then
    local touched = done.tasks[1] and cjson.encode(done.tasks) or '[]'
    return {2, 'only_asked', not_done(done, done.skipped, {touched = touched, forced = done.forced})}
  end
  if done.refused > 0 and not (c.partial and done.tasks[1]) then
    return {2, 'override_refused', not_done(done, 0)}
  end
  local record = {kind = 'override', id = c.override, live = cjson.decode(c.live), doc = c.doc}
  local live = record.live
  live.touched, live.forced, live.replaced, live.version = #done.tasks, done.forced, 0, 1
  local answer = put_override(c, 'override.made', record, not_done(done, done.skipped))
  for _, id in ipairs(c.tasks) do
    if not done.seen[id] then done.tasks[#done.tasks + 1] = id end
    done.seen[id] = true
  end
  for at = 1, #done.tasks, 1000 do
    redis.call('RPUSH', key.override_tasks .. c.override, unpack(done.tasks, at, math.min(at + 999, #done.tasks)))
  end
  local last = flush() or answer
  last = replaced(c, holder, done.lost) or last
  answer[4] = last[2]
  return answer
end)
