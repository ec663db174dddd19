-- What comes after prelude.lua: what is told of the steps of an override that were not done.

local function refused(done, number, answer)
  done.refused = done.refused + 1
  if done.refused > rules.most then return end
  done.refusals[done.refused] = '[' .. number .. ',"' .. answer[2] .. '",' .. answer[3] .. ']'
end

-- What was not done, as facts, with some besides, each a text of JSON or a count.
local function not_done(refusals, skipped, besides)
  local parts = {}
  for name, said in pairs(besides or {}) do parts[#parts + 1] = '"' .. name .. '":' .. said end
  if skipped > 0 then parts[#parts + 1] = '"skipped":' .. skipped end
  if refusals.refused > 0 then
    parts[#parts + 1] = '"refused":' .. refusals.refused
    parts[#parts + 1] = '"refusals":[' .. table.concat(refusals.refusals, ',') .. ']'
  end
  return '{' .. table.concat(parts, ',') .. '}'
end
