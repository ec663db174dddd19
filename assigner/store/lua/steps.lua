-- What comes after staging.lua, the verbs and theirs.lua: the steps of an override, done but not written.

local LENIENT = {wrong_state = true, unknown_task = true, unknown_offer = true, offer_taken = true,
  offer_expired = true, offer_revoked = true}

local function touch(done, task, event)
  if not done.seen[task.id] then done.tasks[#done.tasks + 1] = task.id end
  done.seen[task.id] = true
  local assigned = event == 'task.assigned' and task.live.overrides and task.live.overrides.assigned
  if assigned and assigned.forced then done.forced = done.forced + 1 end
end

local function do_steps(c, ending)
  known, pending = {}, {}
  local done = {seen = {}, tasks = {}, lost = {}, refused = 0, refusals = {}, forced = 0, skipped = 0}
  for i, step in ipairs(c.steps) do
    step.op, step.actor, step.now = c.op .. ':' .. i - 1, c.actor, c.now
    local applies = not ending or is_of(step, c.override)
    local answer = applies and verbs[step.verb](step, rules.rows[step.verb]) or {3}
    for _, id in ipairs(answer.lost or {}) do done.lost[id] = (done.lost[id] or 0) + 1 end
    if answer[1] == 0 then touch(done, answer.task, answer.event)
    elseif answer[1] == 3 or step.lenient and LENIENT[answer[2]] then done.skipped = done.skipped + 1
    else refused(done, i - 1, answer) end
  end
  return done
end
