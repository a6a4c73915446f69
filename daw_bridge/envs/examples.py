"""The sounds that are shipped (presets/sounds), as what the environments are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from daw_bridge.config.sound import SoundFile, load_sound
from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import RATE, Player, Sound
from daw_bridge.envs.parameters import Parameters
from daw_bridge.envs.targets import length_of
from daw_bridge.errors import UserError


def example(name_or_path: str) -> dict[str, Any]:
    """Return what SoundMatch is made of, so that an agent may find a sound's numbers.

    `gymnasium.make("daw_bridge/SoundMatch-v0", **example("kick"))`

    Raises:
        UserError: there is none of that name, or something is wrong with its file.
    """
    file = load_sound(name_or_path)
    return {
        "code": file.code,
        "action_space": file.action_space,
        "total_step": len(file.numbers),
        "step_len": file.step_len,
        "target": sound_of(file),
    }


def sound_of(file: SoundFile, rate: int = RATE) -> Sound:
    """Return the sound that a file describes.

    Raises:
        UserError: its program, its ranges or its numbers are not in order.
    """
    parameters = Parameters.of(Graph.of(file.code), file.action_space)
    player = Player(parameters.graph, rate)
    ends = length_of(len(file.numbers), file.step_len, rate)
    parts = []
    for row, start, end in zip(file.numbers, ends, ends[1:], strict=False):
        if len(row) != len(parameters.all):
            what = f"{len(parameters.all)} numbers in a row of numbers"
            raise UserError(what, f"{len(row)}", "add or remove some")
        parts.append(player.play(row, end - start).copy())
    return np.concatenate(parts)
