-- @description DAW Bridge: a small panel
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Mode, model, temperature, density and what comes next, in a window that can be docked.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

local settings = M.settings()
local values = { temperature = 1.0, density = 0 }
local chosen = { mode = "solo", model = settings.model }
local bars, mouse, looked = {}, 0, -1
local place = M.place("next_bars.txt")
local BUTTONS = { "keep", "reject", "undo", "panic" }
gfx.init("DAW Bridge", 420, 220, tonumber(reaper.GetExtState("daw_bridge", "dock")) or 0, 100, 100)

local function say(name, value)
  M.run({ "ctl", name, value, "--no-wait" }, -2)
end

local function button(text, x, y, pressed, width)
  width = width or 90
  gfx.set(0.25, 0.25, 0.3, 1)
  gfx.rect(x, y, width, 22, 1)
  gfx.set(0.9, 0.9, 0.9, 1)
  gfx.x, gfx.y = x + 8, y + 5
  gfx.drawstr(text)
  return pressed and gfx.mouse_x >= x and gfx.mouse_x < x + width and gfx.mouse_y >= y and gfx.mouse_y < y + 22
end

-- A click chooses the next of a list.
local function selector(name, list, x, width, pressed)
  if not button(name .. ": " .. chosen[name], x, 4, pressed, width) then
    return
  end
  local at = 0
  for i, each in ipairs(list) do
    at = each == chosen[name] and i or at
  end
  chosen[name] = list[at % #list + 1]
  say(name, chosen[name])
end

local function slider(name, low, high, y, pressed)
  gfx.set(0.2, 0.2, 0.25, 1)
  gfx.rect(10, y, 300, 14, 1)
  gfx.set(0.4, 0.6, 0.9, 1)
  gfx.rect(10, y, 300 * (values[name] - low) / (high - low), 14, 1)
  gfx.set(0.9, 0.9, 0.9, 1)
  gfx.x, gfx.y = 318, y
  gfx.drawstr(string.format("%s %.2g", name, values[name]))
  if pressed and gfx.mouse_x >= 10 and gfx.mouse_x <= 310 and gfx.mouse_y >= y and gfx.mouse_y < y + 14 then
    local value = low + (high - low) * (gfx.mouse_x - 10) / 300
    values[name] = high > 10 and math.floor(value + 0.5) or math.floor(value * 20 + 0.5) / 20
    say(name, high > 10 and values[name] == 0 and "none" or values[name])
  end
end

local function roll(x, y, width, height)
  gfx.set(0.1, 0.1, 0.12, 1)
  gfx.rect(x, y, width, height, 1)
  local total = 0
  for _, bar in ipairs(bars) do
    total = total + bar.length
  end
  local at = 0
  for _, bar in ipairs(bars) do
    for _, note in ipairs(bar.notes) do
      local left = x + width * (at + note[1]) / total
      gfx.set(0.4, 0.5 + note[4] / 254, 0.5, 1)
      gfx.rect(left, y + height - height * note[3] / 128, math.max(1, width * note[2] / total), 2, 1)
    end
    at = at + bar.length
  end
end

local function draw()
  local pressed = gfx.mouse_cap & 1 == 1 and mouse & 1 == 0
  mouse = gfx.mouse_cap
  selector("mode", settings.modes, 10, 140, pressed)
  selector("model", settings.models, 156, 158, pressed)
  slider("temperature", 0, 2, 30, pressed)
  slider("density", 0, 32, 50, pressed)
  for i, name in ipairs(BUTTONS) do
    if button(name, 10 + 100 * (i - 1), 72, pressed) then
      M.run({ "ctl", name, "--no-wait" }, -2)
    end
  end
  if button("look", 320, 4, pressed) then -- at a jam that has begun since
    M.keep_next_bars(place, 4)
  end
  if reaper.time_precise() - looked >= 0.2 then
    looked, bars = reaper.time_precise(), M.kept_bars(place)
  end
  roll(10, 102, 400, 108)
  gfx.update()
  if gfx.getchar() >= 0 then
    reaper.defer(draw)
  end
end
M.keep_next_bars(place, 4)
reaper.atexit(function()
  os.remove(place)
  reaper.SetExtState("daw_bridge", "dock", tostring(gfx.dock(-1)), true)
  gfx.quit()
end)
draw()
