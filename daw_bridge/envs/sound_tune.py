"""Tune a sound: each episode another target of the same program, towards which an agent listens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from daw_bridge.envs.distances import Spectral
from daw_bridge.envs.ear import Ear
from daw_bridge.envs.fine_ear import FineEar
from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import RATE, Player, Sound
from daw_bridge.envs.parameters import Entry, Parameters, numbers_in
from daw_bridge.envs.targets import heard, length_of, target_of
from daw_bridge.errors import UserError, near

Action = NDArray[np.float32]
Observation = dict[str, NDArray[np.float32]]

OPTIONS = frozenset({"target", "drawn", "start"})

REACH = 0.5
"""Of the way of a number, by which an action changes it at most: from the middle to either end."""


class SoundTune(gymnasium.Env[Observation, Action]):
    """An episode of `total_step` changes to the numbers of a program that sounds for `step_len` s.

    The target is made of numbers drawn at random; or `reset` is given it, as `options["target"]`,
    or as choices in 0..1, `options["drawn"]`. Each number begins in the middle of its range, or at
    `options["start"]`, in 0..1. An action in -1..1 changes each of them. The agent observes
    `mel`, the mel spectrogram of the target less that of its own sound, and `numbers`, 0..1. It is
    paid for the distance gained.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  as Gymnasium declares it

    def __init__(
        self,
        code: str,
        action_space: Sequence[Entry],
        step_len: float = 0.3,
        total_step: int = 30,
        rate: int = RATE,
    ) -> None:
        _, self._length = length_of(1, step_len, rate)
        length_of(total_step, 1 / rate, rate)
        self.rate, self._most = rate, total_step
        self.parameters = Parameters.of(Graph.of(code), action_space)
        free = self.parameters.free
        self._player = Player(self.parameters.graph, rate)
        self.ear, self.fine = Ear(self._length, rate), FineEar(self._length)
        self.target = np.zeros(self._length, np.float32)
        self._wanted = np.zeros(self.ear.size, np.float32)
        self._shares = np.full(free, 0.5, np.float32)
        self._done = -1
        self.observed = self.ear.size + free
        """The numbers of an observation."""
        self.action_space = Box(-1, 1, (free,), np.float32)
        mel = Box(-Ear.WIDEST, Ear.WIDEST, (self.ear.size,), np.float32)
        numbers = Box(0, 1, (free,), np.float32)
        self.observation_space: Any = Dict({"mel": mel, "numbers": numbers})

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin with another target.

        Raises:
            UserError: `options["target"]` is no target.
        """
        super().reset(seed=seed, options=options)
        asked = options or {}
        for name in asked.keys() - OPTIONS:
            raise UserError("an option of reset", repr(name), near(str(name), OPTIONS))
        if "target" in asked:
            self.target = target_of(asked["target"], self.rate, self._length)
        elif "drawn" in asked:
            self.target = self.sound(asked["drawn"]).copy()
        else:
            self.target = self._drawn()
        self._distance = Spectral(self.target)
        self._wanted = self.ear.hear(self.target)
        self._shares = np.full_like(self._shares, 0.5)
        if "start" in asked:
            self._shares = np.clip(asked["start"], 0, 1).astype(np.float32)
        self._done = 0
        return self._heard(), self._told()

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Change the numbers and hear what they give; `info` has the distance and the numbers.

        Raises:
            UserError: the action holds no numbers, or the episode is over.
        """
        if not 0 <= self._done < self._most:
            raise UserError("an episode that goes on", "one that is over", "call reset()")
        change = numbers_in(action, len(self._shares))
        self._shares = np.clip(self._shares + REACH * np.clip(change, -1, 1), 0, 1)
        self._shares = self._shares.astype(np.float32)
        before = self._apart
        observed = self._heard()
        self._done += 1
        return observed, before - self._apart, False, self._done == self._most, self._told()

    def _drawn(self) -> Sound:
        shares = len(self._shares)
        return heard(lambda: self.sound(self.np_random.random(shares))).copy()

    def sound(self, shares: Any) -> Sound:
        """Return what choices in 0..1 give; the next sound overwrites it."""
        self._player.reset()
        return self._player.play(self.parameters.values(shares), self._length)

    def _heard(self) -> Observation:
        sound = self.sound(self._shares)
        self._apart = float(self._distance.of(sound[None])[0])
        if not math.isfinite(self._apart):
            raise UserError("a sound", "numbers without bounds", "lower the bounds of action_space")
        # The distance has just been taken of it: it is transformed once.
        return {"mel": self._wanted - self.ear.last(), "numbers": self._shares.copy()}

    def distance_of(self, shares: Any) -> float:
        """Return how far from the target the sound of choices in 0..1 is, for a search."""
        return float(self._distance.of(self.sound(shares)[None])[0])

    def _told(self) -> dict[str, Any]:
        return {"distance": self._apart, "values": self.parameters.values(self._shares)}

    def code(self) -> str:
        """Return the program with the numbers that it has now, for Glicol or to be played."""
        return self.parameters.graph.filled(self.parameters.values(self._shares))
