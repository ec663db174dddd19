-- So many relaxation steps are applied now.
--
-- KEYS, ARGV, returns: as in prelude.lua. A command has `task` and is told `relaxed`.

verbs.relax = function(c, row)
  local task, refusal = task_of(c, row)
  if refusal then return refusal end
  local facts = told(c)
  return move(c, row, task, {relaxed = facts.relaxed})
end
