"""Environments to learn in, of Gymnasium; importing this registers them."""

from __future__ import annotations

from daw_bridge.errors import UserError

try:
    from gymnasium.envs.registration import register
except ModuleNotFoundError as error:
    raise UserError("gymnasium", "none", "pip install 'daw-bridge[rl]'") from error

register(
    "daw_bridge/SoundMatch-v0",
    "daw_bridge.envs.sound_match:SoundMatch",
    vector_entry_point="daw_bridge.envs.sound_match_vector:SoundMatchVector",
)
register("daw_bridge/Compose-v0", "daw_bridge.envs.compose:Compose")
register("daw_bridge/SoundTune-v0", "daw_bridge.envs.sound_tune:SoundTune")
