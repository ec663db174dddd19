-- What every verb's script begins with.
--
-- KEYS[1]  the stream of the workspace; all its keys have the same hash tag
-- ARGV[1]  rules: {keys, row, revoke, leased, events, ops_ms, brief_ops_ms, offers_ms, history}; a row is one of TRANSITIONS
-- ARGV[2]  the commands, in order, as MessagePack: {op, mark, keyed?, now, actor, lease?, version?, told?, doc?, …};
--          `seen` is the SHA-1 of a task's doc that another version does not matter with
-- returns  for each command {0, event id, fields} done, {1, event id, fields} done before,
--          {2, code, facts} refused, {3} nothing to do
--
-- A record is {kind, id, live, doc}: `doc` is the client's text and is never decoded, `live` a table.
-- Whatever is refused is refused before a record is changed or written: there is no rollback. A verb of TRANSITIONS
-- is a function in `verbs` of a command and its row, so that an override can do many as one.

local rules, asked = cjson.decode(ARGV[1]), cmsgpack.unpack(ARGV[2])
local key, verbs = rules.keys, {}
local HOLDING = {offered = true, assigned = true}
local ENDED = {completed = true, cancelled = true}
local KINDS = {'task', 'offer', 'agent', 'queue', 'override', 'key'}

-- Whether cjson writes a table as it is: it gives numbers 14 digits, and an empty table may be list or object.
local function simple(record)
  for _, value in pairs(record) do
    local kind = type(value)
    if kind == 'number' and math.abs(value) >= 1e14 or kind == 'table' and not simple(value) then return false end
  end
  return next(record) ~= nil
end

-- JSON with every integer in full.
local function pack(record)
  if simple(record) then return cjson.encode(record) end
  local parts = {}
  for name, value in pairs(record) do
    if type(value) == 'number' then value = string.format('%.0f', value)
    elseif type(value) == 'table' then value = pack(value)
    else value = cjson.encode(value) end
    parts[#parts + 1] = cjson.encode(name) .. ':' .. value
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

local function refuse(code, facts)
  return {2, code, pack(facts or {})}
end

local function told(c)
  return c.told and cjson.decode(c.told) or {}
end

local function server_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function read(kind, id)
  local found = redis.call('HMGET', key[kind] .. id, 'live', 'doc')
  if not found[1] then return nil end
  local live = cjson.decode(found[1])
  return {kind = kind, id = id, live = live, doc = found[2], from = live.state}
end

local function stale(c, version)
  if c.version and c.version ~= version then return refuse('stale_version', {version = version}) end
end

-- Add an event to the stream: its id and its fields.
local function emit(c, event, records)
  local fields = {'type', event, 'at', string.format('%.0f', c.now), 'actor', c.actor, 'op', c.op,
    'facts', c.told or '{}'}
  for _, kind in ipairs(KINDS) do
    local record, at = records[kind], #fields
    if record then
      fields[at + 1], fields[at + 2] = kind, record.text or pack(record.live)
      fields[at + 3], fields[at + 4] = kind .. '_doc', record.doc
    end
  end
  local id = redis.call('XADD', key.events, 'MAXLEN', '~', rules.events, '*', unpack(fields))
  return {0, id, fields}
end

local function index(task)
  if ENDED[task.live.state] then
    redis.call('SREM', key.open, task.id)
    redis.call('ZADD', key.ended, task.live.finished_at, task.id)
  elseif ENDED[task.from] then
    redis.call('SADD', key.open, task.id)
    redis.call('ZREM', key.ended, task.id)
  end
end

-- Write the records, whose texts are made, their indexes, the stream entry and the history.
local function write(c, event, records, with_doc)
  for _, record in pairs(records) do
    redis.call('HSET', key[record.kind] .. record.id, 'live', record.text, 'doc', record.doc)
  end
  local task, offer, answer = records.task, records.offer, emit(c, event, records)
  if task then
    index(task)
    local length = redis.call('RPUSH', key.history .. task.id, answer[2], event, string.format('%.0f', c.now), c.actor, c.op,
      c.told or '{}', task.text, with_doc and task.doc or '{}', offer and offer.text or '', offer and offer.doc or '')
    if length > rules.history then redis.call('LTRIM', key.history .. task.id, -rules.history, -1) end
  end
  if offer and offer.live.state ~= 'open' then
    redis.call('PEXPIRE', key.offer .. offer.id, rules.offers_ms)
  end
  return answer
end

local function happen(c, event, records, with_doc)
  for _, record in pairs(records) do record.text = pack(record.live) end
  return write(c, event, records, with_doc)
end

local function loaded(agent, by, now)
  local live = agent.live
  local load = live.load + by
  if load > 0 then live.idle_since = nil elseif live.load > 0 then live.idle_since = now end
  live.load, live.updated_at = load, now
  return agent
end

local function present(agent, presence, until_ms, now)
  local live = agent.live
  live.presence, live.presence_until, live.updated_at = presence, until_ms, now
  live.version = live.version + 1
end

local function unfit(agent, load)
  local live = agent.live
  if live.presence ~= 'available' then return refuse('agent_away', {presence = live.presence}) end
  if load > live.capacity then return refuse('at_capacity', {load = live.load, capacity = live.capacity}) end
end

local function enter(live, state, now)
  if state == 'queued' or state == 'held' or state == 'cancelled' then
    live.agent, live.offer, live.assigned_at, live.started_at = nil, nil, nil, nil
  end
  if state == 'queued' or state == 'cancelled' then live.held_until, live.hold_reason = nil, nil end
  if state == 'queued' then
    live.finished_at, live.outcome, live.promised, live.queued_at = nil, nil, nil, now
  end
  if state == 'assigned' then live.offer, live.assigned_at = nil, now end
  if ENDED[state] then live.finished_at = now end
  live.state = state
end

-- Set what an override says of a task, or lift it.
local function says(live, name, entry)
  if entry then
    live.overrides = live.overrides or {}
    live.overrides[name] = entry
  elseif live.overrides then
    live.overrides[name] = nil
    if not next(live.overrides) then live.overrides = nil end
  end
end

-- What overrides say when a task comes into a state: nothing of the state before, and of one that ended when it was due.
local function settle(live, state)
  says(live, live.state, nil)
  local due = ENDED[state] and live.overrides and live.overrides.due_at
  if due then live.overrides = {due_at = due}
  elseif ENDED[state] or ENDED[live.state] then live.overrides = nil end
end

local function cooling(live, facts, now)
  if not facts.cool_until or not live.agent then return live.cooling_down end
  local still = {[live.agent] = facts.cool_until}
  for agent, until_ms in pairs(live.cooling_down or {}) do
    if until_ms > now and agent ~= live.agent then still[agent] = until_ms end
  end
  return still
end

-- An offer that comes to nothing: its task has waited all the while.
local UNWANTED = {declined = true, expired = true, revoked = true}

-- Take a task along a row, with what the verb changes besides: its offer ends, its agent's capacity may be freed.
local function move(c, along, task, own, presence)
  local live, now, agent, offer = task.live, c.now, nil, nil
  local held = HOLDING[live.state] and live.size or 0
  if HOLDING[live.state] then agent = read('agent', live.agent) end
  if along.offer and live.offer then
    offer = read('offer', live.offer)
    offer.live.state = along.offer
  end
  local since = live.queued_at
  if along.to then
    -- A task may be of a time when it was not noted when it was taken.
    if live.state == 'assigned' then
      live.responded_at = live.responded_at or live.assigned_at or live.started_at or live.updated_at
    end
    settle(live, along.to)
    enter(live, along.to, now)
  end
  if UNWANTED[along.event] then live.queued_at = since end
  for name, value in pairs(own) do live[name] = value end
  live.version, live.updated_at = live.version + 1, now
  task.doc = along.with_doc and c.doc or task.doc
  if agent then
    loaded(agent, (HOLDING[live.state] and live.size or 0) - held, now)
    if along.seen then agent.live.last_seen_at = now end
    if presence then present(agent, presence, nil, now) end
  end
  return happen(c, 'task.' .. along.event, {task = task, offer = offer, agent = agent}, along.with_doc)
end

-- The task of a command, which has to be in a state that the verb takes; else the refusal.
local function task_of(c, row)
  local task = read('task', c.task)
  if not task then return nil, refuse('unknown_task') end
  if not row.sources[task.live.state] then return nil, refuse('wrong_state', {state = task.live.state}) end
  local refusal = stale(c, task.live.version)
  if refusal and c.seen == redis.sha1hex(task.doc) then refusal = nil end
  return task, refusal
end

local CLOSED = {expired = 'offer_expired', revoked = 'offer_revoked', accepted = 'offer_taken',
  declined = 'offer_taken'}

-- The task of the offer of a command, which has to be open: due, where `due`, else not due yet, where not nil.
local function offered(c, due)
  local offer = read('offer', c.offer)
  if not offer then return nil, refuse('unknown_offer') end
  local state, fixed = offer.live.state, cjson.decode(offer.doc)
  if state ~= 'open' then return nil, refuse(CLOSED[state], {state = state}) end
  if due == false and fixed.expires_at <= server_ms() then
    return nil, refuse('offer_expired', {state = state})
  end
  if due and fixed.expires_at > server_ms() then
    return nil, refuse('not_due', {due = fixed.expires_at})
  end
  local task = read('task', fixed.task)
  return task, stale(c, task.live.version)
end

-- What a command done before is answered: from its event, if that is kept still.
local function again(c, done)
  local id, mark = string.match(done, '^(%S+) (.*)$')
  if mark ~= c.mark then return refuse('op_reused') end
  local found = redis.call('XRANGE', key.events, id, id)
  return {1, id, found[1] and found[1][2] or {}}
end

-- Each command in its turn: the op, the lease, and then `act`, whose answer is noted under the op.
local function each(act, row)
  local answers, ops, done = {}, {}, {}
  for i, c in ipairs(asked) do ops[i] = key.op .. c.op end
  -- One command for all of them costs less than many.
  for i, found in ipairs(redis.call('MGET', unpack(ops))) do done[ops[i]] = found end
  for i, c in ipairs(asked) do
    local op = ops[i]
    if done[op] then
      answers[i] = again(c, done[op])
    elseif (rules.leased or c.lease) and c.lease ~= redis.call('GET', key.lease) then
      answers[i] = refuse('not_leader')
    else
      local answer = act(c, row)
      answers[i] = answer
      if answer[1] == 0 then
        done[op] = answer[2] .. ' ' .. c.mark
        redis.call('SET', op, done[op], 'PX', c.keyed and rules.ops_ms or rules.brief_ops_ms)
      end
    end
  end
  return answers
end
