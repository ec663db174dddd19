-- What comes after staging.lua and the verbs: the steps of an override, done but not written.

local LENIENT = {wrong_state = true, unknown_task = true, unknown_offer = true, offer_taken = true,
  offer_expired = true, offer_revoked = true}
local UNDOES = {resume = 'held', release = 'assigned', transfer = 'transferred'}

local function by(live, name)
  local entry = live.overrides and live.overrides[name]
  return entry and entry.by
end

-- Whether an override has given the task to an agent who has begun: it stays theirs.
local function begun(live, override)
  return live.started_at and by(live, 'assigned') == override
end

-- Whether a step of an override that ends undoes what this override did, or undoes nothing at all.
local function is_of(step, override)
  local name = step.task and UNDOES[step.verb]
  if not name then return true end
  local task = read('task', step.task)
  return task and by(task.live, name) == override and not begun(task.live, override)
end

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
