-- What comes after record.lua: overrides whose slot, or some of whose tasks, another took, end when nothing is left.

local function replaced(c, holder, lost)
  local ids, last = {}, nil
  if holder then lost[holder] = lost[holder] or 0 end
  for id in pairs(lost) do ids[#ids + 1] = id end
  table.sort(ids)
  for _, id in ipairs(ids) do
    local record = read('override', id)
    if record and id ~= c.override and record.live.state == 'active' then
      local live = record.live
      live.replaced, live.version = live.replaced + lost[id], live.version + 1
      if id == holder or live.replaced >= live.touched then over(live, 'replaced', c) end
      last = put_override(c, 'override.replaced', record, pack({by = c.override}))
    end
  end
  return last
end
