-- @description DAW Bridge: panic
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Ends every sounding note.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

M.run({ "ctl", "panic", "--no-wait" }, 5000)
