-- @description DAW Bridge: keep
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Stores the bar that is heard.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

M.run({ "ctl", "keep", "--no-wait" }, 5000)
