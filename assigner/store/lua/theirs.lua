-- What comes before steps.lua: whether a step of an override that ends undoes what it did itself.

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
