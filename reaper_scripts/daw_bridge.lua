-- What the scripts of DAW Bridge have in common. Needs REAPER 6.80 or later and no extension.
local M = {}

M.PPQ = 480

local function folder()
  return debug.getinfo(1, "S").source:match("^@(.*[/\\])") or ""
end

-- What `daw-bridge reaper install` wrote: where the program is, and what to play.
function M.settings()
  local read = loadfile(folder() .. "daw_bridge_settings.lua")
  local found = read and read() or {}
  found.program = found.program or "daw-bridge"
  found.model = found.model or "chip"
  found.models = found.models or { found.model }
  found.modes = found.modes or { "solo" }
  found.port = found.port or "daw-bridge"
  return found
end

function M.tell(text)
  reaper.ShowMessageBox(text, "DAW Bridge", 0)
end

-- A path for what goes to and fro.
function M.place(name)
  local at = reaper.GetResourcePath() .. "/daw-bridge"
  reaper.RecursiveCreateDirectory(at, 0)
  return at .. "/" .. name
end

function M.quoted(words)
  local out = {}
  for i, word in ipairs(words) do
    out[i] = '"' .. tostring(word):gsub('"', '\\"') .. '"'
  end
  return table.concat(out, " ")
end

-- Run `daw-bridge WORDS`; give what it printed, or nil after telling what is wrong. A timeout of 0
-- waits; -1 does not, and gives "".
function M.run(words, timeout)
  table.insert(words, 1, M.settings().program)
  local said = reaper.ExecProcess(M.quoted(words), timeout or 0)
  if timeout and timeout < 0 then
    return ""
  end
  local code, text = (said or "-1\nit cannot be started"):match("^(-?%d+)\r?\n?(.*)$")
  if code ~= "0" then
    M.tell("daw-bridge " .. words[2] .. ":\n" .. (text or said))
    return nil
  end
  return text
end

-- The number of a MIDI input whose name holds a text; nil where there is none.
function M.midi_input(name)
  reaper.midi_init(-1, -1) -- a port that came after REAPER's start is seen
  for number = 0, reaper.GetNumMIDIInputs() - 1 do
    local there, found = reaper.GetMIDIInputName(number, "")
    if there and found:lower():find(name:lower(), 1, true) then
      return number, found
    end
  end
  return nil
end

-- The notes of a take: {qn, qn_end, channel, pitch, velocity}, in quarters of the project.
function M.notes(take)
  local out = {}
  local _, count = reaper.MIDI_CountEvts(take)
  for i = 0, count - 1 do
    local _, _, muted, first, last, channel, pitch, velocity = reaper.MIDI_GetNote(take, i)
    if not muted then
      out[#out + 1] = {
        qn = reaper.MIDI_GetProjQNFromPPQPos(take, first),
        qn_end = reaper.MIDI_GetProjQNFromPPQPos(take, last),
        channel = channel,
        pitch = pitch,
        velocity = velocity,
      }
    end
  end
  return out
end

-- The take of the first selected item, if that is MIDI; else nil, and it is told.
function M.selected_take()
  local item = reaper.GetSelectedMediaItem(0, 0)
  local take = item and reaper.GetActiveTake(item)
  if not take or not reaper.TakeIsMIDI(take) then
    M.tell("Select a MIDI item first.")
    return nil
  end
  return take, item
end

local function packed(number)
  local out = string.char(number & 0x7F)
  number = number >> 7
  while number > 0 do
    out = string.char(number & 0x7F | 0x80) .. out
    number = number >> 7
  end
  return out
end

-- Write notes as a MIDI file that begins at a quarter of the project, in its meter and tempo there.
function M.write_midi(path, notes, begin_qn, end_qn)
  local numerator, denominator, tempo =
    reaper.TimeMap_GetTimeSigAtTime(0, reaper.TimeMap2_QNToTime(0, begin_qn))
  local events = {}
  local function add(qn, rank, bytes)
    local tick = math.max(0, math.floor((qn - begin_qn) * M.PPQ + 0.5))
    events[#events + 1] = { tick, rank, #events, bytes }
  end
  for _, note in ipairs(notes) do
    add(note.qn, 1, string.char(0x90 | note.channel, note.pitch, note.velocity))
    add(note.qn_end, 0, string.char(0x80 | note.channel, note.pitch, 0))
  end
  table.sort(events, function(a, b)
    for i = 1, 3 do
      if a[i] ~= b[i] then
        return a[i] < b[i]
      end
    end
    return false
  end)
  local power = math.floor(math.log(denominator, 2) + 0.5)
  local chunk = {
    "\0\xFF\x58\x04" .. string.char(numerator, power, 24, 8),
    "\0\xFF\x51\x03" .. string.pack(">I3", math.floor(60000000 / tempo + 0.5)),
  }
  local last = 0
  for _, event in ipairs(events) do
    chunk[#chunk + 1] = packed(event[1] - last) .. event[4]
    last = event[1]
  end
  local stop = math.max(last, math.floor((end_qn - begin_qn) * M.PPQ + 0.5))
  chunk[#chunk + 1] = packed(stop - last) .. "\xFF\x2F\0"
  local track = table.concat(chunk)
  local file = assert(io.open(path, "wb"))
  file:write("MThd" .. string.pack(">I4I2I2I2", 6, 0, 1, M.PPQ), "MTrk" .. string.pack(">s4", track))
  file:close()
end

-- Read the notes of a MIDI file that DAW Bridge wrote: as `notes` gives them, from quarter 0.
function M.read_midi(path)
  local file = assert(io.open(path, "rb"))
  local data = file:read("a")
  file:close()
  local division = string.unpack(">I2", data, 13)
  local at, out = 15, {}
  while at < #data do
    local size = string.unpack(">I4", data, at + 4)
    local i, stop, tick, open = at + 8, at + 8 + size, 0, {}
    local function number()
      local value, byte = 0, nil
      repeat
        byte = data:byte(i)
        value, i = value << 7 | byte & 0x7F, i + 1
      until byte < 0x80
      return value
    end
    while i < stop do
      tick = tick + number()
      local status = data:byte(i)
      i = i + 1
      if status >= 0xF0 then
        if status == 0xFF then
          i = i + 1
        end
        local length = number()
        i = i + length
      else
        local kind, key = status & 0xF0, (status & 0xF) * 128 + data:byte(i)
        local velocity = (kind == 0xC0 or kind == 0xD0) and 0 or data:byte(i + 1)
        if kind == 0x90 and velocity > 0 then
          open[key] = { qn = tick / division, channel = status & 0xF, pitch = key % 128, velocity = velocity }
        elseif (kind == 0x80 or kind == 0x90) and open[key] then
          open[key].qn_end = tick / division
          out[#out + 1] = open[key]
          open[key] = nil
        end
        i = i + ((kind == 0xC0 or kind == 0xD0) and 1 or 2)
      end
    end
    at = stop
  end
  return out
end

-- Put notes into a take; theirs are quarters of the project.
function M.put(take, notes)
  for _, note in ipairs(notes) do
    local first = reaper.MIDI_GetPPQPosFromProjQN(take, note.qn)
    local last = reaper.MIDI_GetPPQPosFromProjQN(take, note.qn_end)
    reaper.MIDI_InsertNote(take, false, false, first, last, note.channel, note.pitch, note.velocity, true)
  end
  reaper.MIDI_Sort(take)
end

-- Bars as `daw-bridge ctl bars` tells them: {number, length, {start, duration, pitch, velocity, voice}}.
local function bars_of(text)
  local bars = {}
  for kind, rest in text:gmatch("(%a+) ([^\r\n]+)") do
    local numbers = {}
    for each in rest:gmatch("-?%d+") do
      numbers[#numbers + 1] = math.tointeger(tonumber(each))
    end
    if kind == "bar" then
      bars[#bars + 1] = { number = numbers[1], length = numbers[2], notes = {} }
    elseif kind == "note" and #bars > 0 then
      local notes = bars[#bars].notes
      notes[#notes + 1] = numbers
    end
  end
  return bars
end

-- What was placed last in a running jam.
function M.last_bars(count)
  local text = M.run({ "ctl", "bars", "--count", count })
  return text and bars_of(text)
end

-- Have the bars that a jam plays next kept in a file, until the jam ends or the file is taken away.
function M.keep_next_bars(path, count)
  os.remove(path)
  M.run({ "ctl", "bars", "--next", "--count", count, "--into", path }, -2)
end

-- What is in such a file; nothing where there is none yet.
function M.kept_bars(path)
  local file = io.open(path, "r")
  local text = file and file:read("a") or ""
  if file then
    file:close()
  end
  return bars_of(text)
end

return M
