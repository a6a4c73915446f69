-- @description DAW Bridge: send the selected item as a primer
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Ends a jam that runs, and begins one that goes on from the selected item.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local take, item = M.selected_take()
if take then
  local first = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
  local last = first + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
  local path = M.place("primer.mid")
  local begin_qn, end_qn = reaper.TimeMap2_timeToQN(0, first), reaper.TimeMap2_timeToQN(0, last)
  M.write_midi(path, M.notes(take), begin_qn, end_qn)
  local settings = M.settings()
  reaper.ExecProcess(M.quoted({ settings.program, "ctl", "stop" }), 5000) -- there may be none
  M.run({ "jam", "--model", settings.model, "--primer-midi", path }, -2)
end
