"""Match a sound: an agent chooses the numbers of a synth program, step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from daw_bridge.envs.distances import CRITERIA, Distance
from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import RATE, Player, Sound
from daw_bridge.envs.parameters import Entry, Parameters
from daw_bridge.envs.targets import length_of, target_of
from daw_bridge.errors import UserError

Action = NDArray[np.float32]

LOUDEST = 1_000.0
"""To which an observation is cut off; 1 is full scale."""


class SoundMatch(gymnasium.Env[Sound, Action]):
    """An episode of `total_step` steps, in each of which `step_len` seconds of sound are made.

    An action holds a choice in 0..1 for each `{}` of the code but those that are `rel`. The program
    plays on from step to step: only its numbers change. The observation is all that was heard so
    far, as long as the target, the rest 0. The reward is minus the distance of that to the target.
    `target` is a WAV file, samples at `rate`, or both: (samples, rate).
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  as Gymnasium declares it

    def __init__(
        self,
        code: str,
        target: Any,
        action_space: Sequence[Entry],
        total_step: int = 16,
        step_len: float = 0.125,
        criteria: str = "spectral",
        rate: int = RATE,
    ) -> None:
        self._ends = length_of(total_step, step_len, rate)
        self.target = target_of(target, rate, self._ends[-1])
        self.parameters = Parameters.of(Graph.of(code), action_space)
        self._player = Player(self.parameters.graph, rate)
        self._distance: Distance = CRITERIA.find(criteria)(self.target)
        self._heard = np.zeros_like(self.target)
        self._done = -1
        self.action_space = Box(0, 1, (self.parameters.free,), np.float32)
        self.observation_space = Box(-LOUDEST, LOUDEST, self.target.shape, np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Sound, dict[str, Any]]:
        """Begin an episode, in silence; nothing is drawn by chance."""
        super().reset(seed=seed, options=options)
        self.begin()
        return self._heard.copy(), {}

    @property
    def steps(self) -> int:
        """How many an episode has."""
        return len(self._ends) - 1

    def begin(self) -> None:
        """Go back to silence."""
        self._player.reset()
        self._heard[:] = 0
        self._done = 0

    def step(self, action: Action) -> tuple[Sound, float, bool, bool, dict[str, Any]]:
        """Hear the next `step_len` seconds; `info` has the distance and the numbers chosen.

        Raises:
            UserError: the action holds no numbers, the episode is over, or the sound is no sound.
        """
        if not 0 <= self._done < self.steps:
            raise UserError("an episode that goes on", "one that is over", "call reset()")
        values = self.parameters.values(action)
        start, end = self._ends[self._done : self._done + 2]
        self._heard[start:end] = self._player.play(values, end - start)
        self._done += 1
        distance = self._distance.of(self._heard)
        if not math.isfinite(distance):
            raise UserError("a sound", "numbers without bounds", "lower the bounds of action_space")
        heard = np.clip(self._heard, -LOUDEST, LOUDEST)
        over = self._done == self.steps
        return heard, -distance, over, False, {"distance": distance, "values": values}

    def code(self, action: Action, pitch: int | None = None) -> str:
        """Return the program with an action's numbers in it, for Glicol or to be played.

        `pitch` is the place of a number that stays open, to be a note's frequency.
        """
        values: list[float | None] = [*self.parameters.values(action)]
        if pitch is not None:
            values[pitch] = None
        return self.parameters.graph.filled(values)
