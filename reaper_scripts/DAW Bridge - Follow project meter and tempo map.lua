-- @description DAW Bridge: follow the project's meter and tempo
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Tells a running jam meter and tempo of the place that is played, until the script is ended.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local told_meter, told_tempo
local function look()
  local playing = reaper.GetPlayState() & 1 == 1
  local at = playing and reaper.GetPlayPosition() or reaper.GetCursorPosition()
  local numerator, denominator, tempo = reaper.TimeMap_GetTimeSigAtTime(0, at)
  local meter = string.format("%d/%d", numerator, denominator)
  local bpm = string.format("%.4g", tempo)
  -- What is said acts on the next bar line; nothing is waited for, so that REAPER stays quick.
  if meter ~= told_meter then
    told_meter = meter
    M.run({ "ctl", "meter", meter, "--at", "bar", "--no-wait" }, -2)
  end
  if bpm ~= told_tempo then
    told_tempo = bpm
    M.run({ "ctl", "tempo", bpm, "--at", "bar", "--no-wait" }, -2)
  end
  reaper.defer(look)
end
look()
