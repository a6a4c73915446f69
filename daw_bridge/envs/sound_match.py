"""Match a sound: an agent chooses the numbers of a synth program, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.graph.player import Sound
from daw_bridge.envs.match import Match
from daw_bridge.envs.parameters import Entry

Action = NDArray[np.float32]


class SoundMatch(gymnasium.Env[Sound, Action]):
    """An episode of `total_step` steps, in each of which `step_len` seconds of sound are made.

    An action holds a choice in 0..1 for each `{}` of the code but those that are `rel`. The program
    plays on from step to step: only its numbers change. The observation is all that was heard so
    far, as long as the target, the rest 0. The reward is minus the distance of that to the target.
    `target` is a WAV file, samples at `rate`, or both: (samples, rate).
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  as Gymnasium declares it

    def __init__(
        self, code: str, target: Any, action_space: Sequence[Entry], **settings: Any
    ) -> None:
        """Make it; `settings` are `total_step`, `step_len`, `criteria` and `rate` of `Match`."""
        self._match = Match(code, target, action_space, **settings)
        self.target, self.parameters = self._match.target, self._match.parameters
        self.action_space = self._match.action_space
        self.observation_space = self._match.observation_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Sound, dict[str, Any]]:
        """Begin an episode, in silence; nothing is drawn by chance."""
        super().reset(seed=seed, options=options)
        self.begin()
        return np.zeros_like(self.target), {}

    @property
    def steps(self) -> int:
        """How many an episode has."""
        return self._match.steps

    def begin(self) -> None:
        """Go back to silence."""
        self._match.begin()

    def step(self, action: Action) -> tuple[Sound, float, bool, bool, dict[str, Any]]:
        """Hear the next `step_len` seconds; `info` has the distance and the numbers chosen.

        Raises:
            UserError: the action holds no numbers, the episode is over, or the sound is no sound.
        """
        (values,) = self._match.choose([action])
        (heard,), (distance,) = self._match.step()
        told = {"distance": float(distance), "values": values}
        return heard, -float(distance), self._match.is_over, False, told

    def code(self, action: Action, pitch: int | None = None) -> str:
        """Return the program with an action's numbers in it, for Glicol or to be played.

        `pitch` is the place of a number that stays open, to be a note's frequency.
        """
        values: list[float | None] = [*self.parameters.values(action)]
        if pitch is not None:
            values[pitch] = None
        return self.parameters.graph.filled(values)
