-- So much of REAPER as its scripts use: a small project, and an API that refuses what there is not.
-- `arguments` has for each function how many arguments the header of REAPER 7.78 gives it in Lua, the
-- least and the most, where the last ones may be left out.
local arguments = {
  CountTracks = { 1 }, GetTrack = { 2 }, InsertTrackAtIndex = { 2 }, GetSelectedTrack = { 2 },
  GetSetMediaTrackInfo_String = { 4 }, SetMediaTrackInfo_Value = { 3 }, SetTrackMIDINoteName = { 4 },
  TrackFX_AddByName = { 4 }, DeleteTrackMediaItem = { 2 },
  GetNumMIDIInputs = { 0 }, GetMIDIInputName = { 2 }, midi_init = { 2 },
  GetSelectedMediaItem = { 2 }, GetActiveTake = { 1 }, TakeIsMIDI = { 1 }, GetMediaItemInfo_Value = { 2 },
  CreateNewMIDIItemInProj = { 3, 4 }, MIDI_CountEvts = { 1 }, MIDI_GetNote = { 2 }, MIDI_DeleteNote = { 2 },
  MIDI_InsertNote = { 8, 9 }, MIDI_Sort = { 1 }, MIDI_GetProjQNFromPPQPos = { 2 }, MIDI_GetPPQPosFromProjQN = { 2 },
  TimeMap2_timeToQN = { 2 }, TimeMap2_QNToTime = { 2 }, TimeMap2_timeToBeats = { 2 },
  TimeMap_GetMeasureInfo = { 2 }, TimeMap_GetTimeSigAtTime = { 2 },
  GetPlayState = { 0 }, GetPlayPosition = { 0 }, GetCursorPosition = { 0 }, GetSet_LoopTimeRange = { 5 },
  GetSetProjectInfo = { 4 }, GetSetProjectInfo_String = { 4 }, Main_OnCommand = { 2 },
  EnumerateFiles = { 2 }, file_exists = { 1 }, RecursiveCreateDirectory = { 2 }, GetResourcePath = { 0 },
  ExecProcess = { 2 }, ShowMessageBox = { 3 }, ShowConsoleMsg = { 1 }, GetUserInputs = { 4 },
  GetExtState = { 2 }, SetExtState = { 4 }, defer = { 1 }, atexit = { 1 }, time_precise = { 0 },
  Undo_BeginBlock = { 0 }, Undo_EndBlock = { 2 }, UpdateArrange = { 0 },
}

local P = {
  tempo = 120, numerator = 4, denominator = 4, cursor = 0, play = 0, play_at = 0, selection = { 0, 0 },
  tracks = {}, items = {}, selected_item = nil, selected_track = nil, inputs = {}, effects = {},
  told = {}, ran = {}, answers = {}, files = {}, rendered = {}, deferred = nil, info = {}, ext = {},
  undo = 0, asked = "", silent = false,
}

local F = {}
local function qn(time) return time * P.tempo / 60 end
local function time(at) return at * 60 / P.tempo end
local function bar_qn() return P.numerator * 4 / P.denominator end

function F.CountTracks() return #P.tracks end
function F.GetTrack(_, i) return P.tracks[i + 1] end
function F.InsertTrackAtIndex(i) table.insert(P.tracks, i + 1, { kind = "track", values = {}, names = {}, effects = {}, items = {} }) end
function F.GetSelectedTrack() return P.selected_track end
function F.GetSetMediaTrackInfo_String(t, key, value, set) if set then t.values[key] = value end return true, t.values[key] end
function F.SetMediaTrackInfo_Value(t, key, value) t.values[key] = value return true end
function F.SetTrackMIDINoteName(i, pitch, channel, name) assert(channel == -1) P.tracks[i + 1].names[pitch] = name return true end
function F.TrackFX_AddByName(t, name) if not P.effects[name] then return -1 end table.insert(t.effects, name) return #t.effects - 1 end
function F.DeleteTrackMediaItem(_, item) for i, each in ipairs(P.items) do if each == item then table.remove(P.items, i) return true end end return false end
function F.GetNumMIDIInputs() return 64 end
function F.GetMIDIInputName(i) return P.inputs[i] ~= nil, P.inputs[i] or "" end
function F.midi_init(a, b) assert(a == -1 and b == -1) P.inputs = P.inputs_after or P.inputs end
function F.GetSelectedMediaItem(_, i) return i == 0 and P.selected_item or nil end
function F.GetActiveTake(item) return item.take end
function F.TakeIsMIDI(take) return take.midi end
function F.GetMediaItemInfo_Value(item, key) return assert(item[key], key) end
function F.CreateNewMIDIItemInProj(track, first, last, in_qn)
  local a, b = in_qn and time(first) or first, in_qn and time(last) or last
  local item = { track = track, D_POSITION = a, D_LENGTH = b - a, take = { midi = true, notes = {}, at = qn(a) } }
  table.insert(P.items, item)
  return item
end
function F.MIDI_CountEvts(take) return true, #take.notes, 0, 0 end
function F.MIDI_GetNote(take, i) local n = assert(take.notes[i + 1]) return true, false, n.muted or false, n[1], n[2], n[3], n[4], n[5] end
function F.MIDI_DeleteNote(take, i) return table.remove(take.notes, i + 1) ~= nil end
function F.MIDI_InsertNote(take, selected, muted, first, last, channel, pitch, velocity)
  assert(first >= 0 and last > first and channel >= 0 and channel < 16 and velocity > 0 and velocity < 128)
  table.insert(take.notes, { first, last, channel, pitch, velocity })
  return true
end
function F.MIDI_Sort(take) table.sort(take.notes, function(a, b) return a[1] < b[1] end) end
function F.MIDI_GetProjQNFromPPQPos(take, ppq) return take.at + ppq / 960 end
function F.MIDI_GetPPQPosFromProjQN(take, at) return (at - take.at) * 960 end
function F.TimeMap2_timeToQN(_, at) return qn(at) end
function F.TimeMap2_QNToTime(_, at) return time(at) end
function F.TimeMap2_timeToBeats(_, at) local bars = qn(at) // bar_qn() return 0.0, bars | 0, P.numerator, 0.0, P.denominator end
function F.TimeMap_GetMeasureInfo(_, bar) return time(bar * bar_qn()), bar * bar_qn(), (bar + 1) * bar_qn(), P.numerator, P.denominator, P.tempo end
function F.TimeMap_GetTimeSigAtTime() return P.numerator, P.denominator, P.tempo end
function F.GetPlayState() return P.play end
function F.GetPlayPosition() return P.play_at end
function F.GetCursorPosition() return P.cursor end
function F.GetSet_LoopTimeRange(set) assert(not set) return P.selection[1], P.selection[2] end
function F.GetSetProjectInfo(_, key, value, set) if set then P.info[key] = value end return P.info[key] or 0 end
function F.GetSetProjectInfo_String(_, key, value, set) if set then P.info[key] = value end return true, P.info[key] or "" end
function F.Main_OnCommand(command)
  assert(command == 42230)
  local item = P.items[#P.items]
  table.insert(P.rendered, { name = P.info.RENDER_PATTERN, notes = #item.take.notes, stop = P.info.RENDER_ENDPOS })
  if not P.silent then P.files[P.info.RENDER_FILE .. "/" .. P.info.RENDER_PATTERN .. ".wav"] = true end
end
function F.EnumerateFiles(_, i) return P.listed and P.listed[i + 1] or nil end
function F.file_exists(path) return P.files[path] or false end
function F.RecursiveCreateDirectory() return 1 end
function F.GetResourcePath() return P.resource end
function F.ExecProcess(command, timeout)
  table.insert(P.ran, { command, timeout })
  if P.on_run then P.on_run(command) end
  if timeout < 0 then return nil end
  return P.answers[#P.ran] or P.answer or "0\n"
end
function F.ShowMessageBox(text) table.insert(P.told, text) return 1 end
function F.ShowConsoleMsg() end
function F.GetUserInputs() return P.input ~= nil, P.input or "" end
function F.GetExtState(_, key) return P.ext[key] or "" end
function F.SetExtState(_, key, value) P.ext[key] = value end
function F.time_precise() return P.now or 0 end
function F.defer(f) P.deferred = f end
function F.atexit(f) P.at_exit = f end
function F.Undo_BeginBlock() P.undo = P.undo + 1 end
function F.Undo_EndBlock() P.undo = P.undo - 1 end
function F.UpdateArrange() end

reaper = setmetatable({}, {
  __index = function(_, name)
    local count, real = arguments[name], F[name]
    if not count then error("ReaScript has no function " .. tostring(name), 2) end
    return function(...)
      local given = select("#", ...)
      if given < count[1] or given > (count[2] or count[1]) then
        error(name .. " takes " .. count[1] .. " arguments, not " .. given, 2)
      end
      return real(...)
    end
  end,
})

-- The window of scripts: what is drawn is counted.
local drawn = { drawstr = 0, rect = 0 }
gfx = setmetatable({ mouse_cap = 0, mouse_x = 0, mouse_y = 0, x = 0, y = 0 }, {
  __index = function(_, name) error("gfx has no " .. tostring(name), 2) end,
  __newindex = function(_, name) error("gfx has no " .. tostring(name), 2) end,
})
local window = {
  init = function(name, width, height, dock) assert(type(dock) == "number") end,
  set = function(r, g, b, a) for _, each in ipairs({ r, g, b, a }) do assert(each >= 0 and each <= 2) end end,
  rect = function(x, y, width, height) assert(width >= 0 and height > 0) drawn.rect = drawn.rect + 1 end,
  drawstr = function(text) assert(type(text) == "string") drawn.drawstr = drawn.drawstr + 1 end,
  update = function() end,
  getchar = function() return P.closed and -1 or 0 end,
  dock = function() return 1 end,
  quit = function() P.quit = true end,
}
for name, f in pairs(window) do rawset(gfx, name, f) end
P.drawn = drawn
return P
