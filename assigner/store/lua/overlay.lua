-- What adjust.lua needs besides prelude.lua: who says what in an overlay, and whether that stands against another.

local FIELDS, FIELD = {'priority', 'due_at', 'pinned_agent'}, {priority = true, due_at = true, pinned_agent = true}

-- The overrides that say something.
local function sayers(overlay)
  local found = {}
  for name, entry in pairs(overlay) do
    if name ~= 'excluded_agents' then found[entry.by] = true end
  end
  for _, by in pairs(overlay.excluded_agents or {}) do found[by] = true end
  return found
end

-- Those that said something before, and say nothing any more.
local function lost(before, overlay, by)
  local found, still = {}, sayers(overlay)
  for one in pairs(before) do
    if one ~= by and not still[one] then found[#found + 1] = one end
  end
  return found
end

-- The refusal where another override has said what is to be said, or the contrary.
local function contrary(by, said, exclude, overlay, excluded)
  local function other(field, their)
    return their and their ~= by and refuse('override_conflict', {by = their, field = field})
  end
  local pinned = overlay.pinned_agent or {}
  for _, name in ipairs(FIELDS) do
    local refusal = said[name] ~= nil and other(name, (overlay[name] or {}).by)
    if refusal then return refusal end
  end
  local refusal = other('excluded_agents', excluded[said.pinned_agent or ''])
  for _, agent in ipairs(exclude) do
    refusal = refusal or other('excluded_agents', excluded[agent])
    refusal = refusal or pinned.value == agent and other('pinned_agent', pinned.by)
  end
  return refusal
end
