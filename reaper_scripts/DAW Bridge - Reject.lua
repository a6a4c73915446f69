-- @description DAW Bridge: reject
-- @version 1.0
-- @author DAW Bridge
-- @about
--   Stores it as not liked, and asks for a new one.
local M = dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "daw_bridge.lua")

M.run({ "ctl", "reject", "--no-wait" }, 5000)
