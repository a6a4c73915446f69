-- @description DAW Bridge: fill the selected bars
-- @version 1.0
-- @author DAW Bridge
-- @about
--   The bars in the time selection of the selected item, made anew to suit what stands before and after.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local take, item = M.selected_take()
if not take then
  return
end
local first_s, last_s = reaper.GetSet_LoopTimeRange(false, false, 0, 0, false)
if last_s <= first_s then
  M.tell("Select the time of the bars to fill.")
  return
end
local item_s = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
local end_s = item_s + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
local function bar_of(time)
  local _, bar = reaper.TimeMap2_timeToBeats(0, time)
  return math.tointeger(bar)
end
local function qn_of(bar)
  local _, qn = reaper.TimeMap_GetMeasureInfo(0, bar)
  return qn
end
local base = bar_of(item_s)
local first, last = bar_of(first_s), bar_of(last_s - 0.001)
local from, to = qn_of(first), qn_of(last + 1)
local path, made = M.place("to_fill.mid"), M.place("filled.mid")
local notes = M.notes(take)
M.write_midi(path, notes, qn_of(base), reaper.TimeMap2_timeToQN(0, end_s))
local settings = M.settings()
local bars = (first - base + 1) .. "-" .. (last - base + 1)
local words = { "infill", path, "--model", settings.model, "--bars", bars, "--out", made, "--force" }
if not M.run(words) then
  return
end
local new = {}
for _, note in ipairs(M.read_midi(made)) do
  note.qn, note.qn_end = note.qn + qn_of(base), note.qn_end + qn_of(base)
  if note.qn >= from - 0.125 and note.qn < to - 0.125 then
    new[#new + 1] = note
  end
end
reaper.Undo_BeginBlock()
local _, count = reaper.MIDI_CountEvts(take)
for i = count - 1, 0, -1 do
  local _, _, _, start = reaper.MIDI_GetNote(take, i)
  local qn = reaper.MIDI_GetProjQNFromPPQPos(take, start)
  if qn >= from - 0.125 and qn < to - 0.125 then
    reaper.MIDI_DeleteNote(take, i)
  end
end
M.put(take, new)
reaper.Undo_EndBlock("DAW Bridge: fill the selected bars", -1)
reaper.UpdateArrange()
