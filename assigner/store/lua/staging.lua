-- What comes after prelude.lua where steps are done together or not at all: a record is read once, and what happens
-- is written by `flush`, not before.

local fetch, write_now, known, pending = read, write, {}, {}
local last_told, last_facts

-- Many steps are told the same.
told = function(c)
  if c.told ~= last_told then last_told, last_facts = c.told, cjson.decode(c.told) end
  return last_facts
end

read = function(kind, id)
  local name = kind .. ':' .. id
  if known[name] == nil then known[name] = fetch(kind, id) or false end
  return known[name] or nil
end

-- The records go on changing: what they are now is kept apart.
write = function(c, event, records, with_doc)
  local now = {}
  for name, record in pairs(records) do
    local live = record.live
    now[name] = {kind = record.kind, id = record.id, text = record.text, doc = record.doc, from = record.from,
      live = {state = live.state, finished_at = live.finished_at}}
    record.from = live.state
  end
  pending[#pending + 1] = {c, event, now, with_doc}
  return {0, event = event, task = records.task}
end

local function flush()
  local last
  for _, one in ipairs(pending) do last = write_now(unpack(one, 1, 4)) end
  pending = {}
  return last
end
