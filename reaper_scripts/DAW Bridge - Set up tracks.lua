-- @description DAW Bridge: set up tracks
-- @version 1.0
-- @author DAW Bridge
-- @about
--   A track for each voice of the model, with its input, armed and monitored, and an instrument.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local settings = M.settings()
local voices = settings.voices or { { name = "Notes", channel = 0 } }
local number, found = M.midi_input(settings.port)
if not number then
  M.tell(
    'No MIDI input is called "'
      .. settings.port
      .. '".\nStart "daw-bridge jam", and tick its port in Preferences, MIDI Inputs.'
  )
end
local lacking = {}
reaper.Undo_BeginBlock()
for _, voice in ipairs(voices) do
  local at = reaper.CountTracks(0)
  reaper.InsertTrackAtIndex(at, true)
  local track = reaper.GetTrack(0, at)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", voice.name, true)
  -- 4096 is MIDI, then five bits of channel (0 is all) and six of the device (63 is all).
  local input = 4096 + (voice.channel or 0) + 32 * (number or 63)
  reaper.SetMediaTrackInfo_Value(track, "I_RECINPUT", input)
  reaper.SetMediaTrackInfo_Value(track, "I_RECMODE", 0)
  reaper.SetMediaTrackInfo_Value(track, "I_RECMON", 1)
  reaper.SetMediaTrackInfo_Value(track, "I_RECARM", 1)
  for pitch, name in pairs(voice.note_names or {}) do
    reaper.SetTrackMIDINoteName(at, pitch, -1, name)
  end
  if voice.instrument and reaper.TrackFX_AddByName(track, voice.instrument, false, -1) < 0 then
    lacking[#lacking + 1] = voice.instrument
  end
end
reaper.Undo_EndBlock("DAW Bridge: set up tracks", -1)
reaper.UpdateArrange()
if #lacking > 0 then
  M.tell("Not installed, or called otherwise: " .. table.concat(lacking, ", ") .. ".\nAdd an instrument by hand.")
elseif number then
  reaper.ShowConsoleMsg("DAW Bridge: tracks listen to " .. found .. "\n")
end
