-- @description DAW Bridge: fetch the last bars into a new item
-- @version 1.0
-- @author DAW Bridge
-- @about
--   What the jam played last, as a new item at the edit cursor of the selected track.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local track = reaper.GetSelectedTrack(0, 0)
if not track then
  M.tell("Select a track first.")
  return
end
local said, text = reaper.GetUserInputs("Fetch the last bars", 1, "How many bars", "4")
local count = said and math.tointeger(tonumber(text))
if not count then
  return
end
local bars = M.last_bars(count)
if not bars or #bars == 0 then
  return
end
local channels = {}
for number, voice in ipairs(M.settings().voices or {}) do
  channels[number - 1] = math.max((voice.channel or 1) - 1, 0)
end
local from = reaper.TimeMap2_timeToQN(0, reaper.GetCursorPosition())
local qn, notes = from, {}
for _, bar in ipairs(bars) do
  for _, note in ipairs(bar.notes) do
    local start, duration, pitch, velocity, voice = table.unpack(note)
    notes[#notes + 1] = {
      qn = math.max(qn + start / M.PPQ, from),
      qn_end = qn + (start + duration) / M.PPQ,
      channel = channels[voice] or 0,
      pitch = pitch,
      velocity = velocity,
    }
  end
  qn = qn + bar.length / M.PPQ
end
reaper.Undo_BeginBlock()
local item = reaper.CreateNewMIDIItemInProj(track, from, qn, true)
M.put(reaper.GetActiveTake(item), notes)
reaper.Undo_EndBlock("DAW Bridge: fetch the last bars", -1)
reaper.UpdateArrange()
