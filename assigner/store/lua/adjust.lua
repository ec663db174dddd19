-- Change what overrides say of a task; what another has said stands, unless `replace`.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `override`, `set`, `lift`, `exclude`,
-- `admit`, `replace`: see the store's method. The answer of a change has in `lost` the overrides that say no more.

verbs.adjust = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts, live = told(c), task.live
  local by, said, overlay = facts.override, facts.set or {}, live.overrides or {}
  local excluded = overlay.excluded_agents or {}
  refusal = not facts.replace and contrary(by, said, facts.exclude or {}, overlay, excluded)
  if refusal then return refusal end
  local before, changed = sayers(overlay), false
  local function put(map, name, value)
    map[name], changed = value, true
  end
  for _, name in ipairs(facts.lift or {}) do
    if FIELD[name] and overlay[name] and overlay[name].by == by then put(overlay, name, nil) end
  end
  for _, agent in ipairs(facts.admit or {}) do
    if excluded[agent] == by then put(excluded, agent, nil) end
  end
  for name, value in pairs(said) do
    local known = overlay[name]
    if not known or known.by ~= by or known.value ~= value then put(overlay, name, {by = by, value = value}) end
  end
  if excluded[said.pinned_agent or ''] then put(excluded, said.pinned_agent, nil) end
  for _, agent in ipairs(facts.exclude or {}) do
    if excluded[agent] ~= by then put(excluded, agent, by) end
    if overlay.pinned_agent and overlay.pinned_agent.value == agent then put(overlay, 'pinned_agent', nil) end
  end
  if not changed then return {3} end
  overlay.excluded_agents = next(excluded) and excluded or nil
  live.overrides = next(overlay) and overlay or nil
  live.version, live.updated_at = live.version + 1, c.now
  local answer = happen(c, 'task.' .. row.event, {task = task})
  answer.lost = lost(before, overlay, by)
  return answer
end
