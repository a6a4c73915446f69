-- @description DAW Bridge: render a folder of MIDI files
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Each MIDI file of a folder, through the instrument of the selected track, to a sound file beside it.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local track = reaper.GetSelectedTrack(0, 0)
if not track then
  M.tell("Select a track with an instrument first.")
  return
end
local said, folder = reaper.GetUserInputs("Render a folder", 1, "Folder of MIDI files,extrawidth=300", "")
if not said or folder == "" then
  return
end
local names, index = {}, 0
reaper.EnumerateFiles(folder, -1) -- look again
local name = reaper.EnumerateFiles(folder, 0)
while name do
  if name:lower():match("%.midi?$") then
    names[#names + 1] = name
  end
  index = index + 1
  name = reaper.EnumerateFiles(folder, index)
end
if #names == 0 then
  M.tell("No MIDI file in " .. folder)
  return
end
table.sort(names)
local begin_s = reaper.GetCursorPosition()
local begin_qn = reaper.TimeMap2_timeToQN(0, begin_s)
local missing = {}
for _, each in ipairs(names) do
  local read, notes = pcall(M.read_midi, folder .. "/" .. each)
  local last = 0
  for _, note in ipairs(read and notes or {}) do
    note.qn, note.qn_end = note.qn + begin_qn, note.qn_end + begin_qn
    last = math.max(last, note.qn_end)
  end
  local out = folder .. "/" .. each:gsub("%.%w+$", "") .. ".wav"
  if last > 0 then
    local item = reaper.CreateNewMIDIItemInProj(track, begin_qn, last, true)
    M.put(reaper.GetActiveTake(item), notes)
    reaper.GetSetProjectInfo(0, "RENDER_BOUNDSFLAG", 0, true)
    reaper.GetSetProjectInfo(0, "RENDER_STARTPOS", begin_s, true)
    reaper.GetSetProjectInfo(0, "RENDER_ENDPOS", reaper.TimeMap2_QNToTime(0, last) + 1, true)
    reaper.GetSetProjectInfo(0, "RENDER_SETTINGS", 0, true)
    reaper.GetSetProjectInfo(0, "RENDER_ADDTOPROJ", 0, true)
    reaper.GetSetProjectInfo_String(0, "RENDER_FILE", folder, true)
    reaper.GetSetProjectInfo_String(0, "RENDER_PATTERN", each:gsub("%.%w+$", ""), true)
    reaper.GetSetProjectInfo_String(0, "RENDER_FORMAT", "evaw", true)
    reaper.Main_OnCommand(42230, 0) -- render with these settings, and close the window
    reaper.DeleteTrackMediaItem(track, item)
  end
  if not reaper.file_exists(out) then
    missing[#missing + 1] = each
  end
end
reaper.UpdateArrange()
local done = (#names - #missing) .. " of " .. #names .. " rendered"
M.tell(#missing > 0 and done .. "; not: " .. table.concat(missing, ", ") or done)
