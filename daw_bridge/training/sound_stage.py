"""Many environments of SoundTune side by side, each with a target and the best that was heard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.sound_tune import REACH, SoundTune
from daw_bridge.envs.targets import heard
from daw_bridge.envs.tuner import Best
from daw_bridge.training.disguises import disguised

Floats = NDArray[np.float32]


class Stage:
    """Environments whose agents begin in the middle of all ranges."""

    def __init__(self, make: Callable[[], SoundTune], count: int, disguised_share: float) -> None:
        self._envs = [make() for _ in range(count)]
        self._share = disguised_share
        self._best: list[Best] = []
        self._known = np.zeros((count, self._envs[0].parameters.free), np.float32)
        self._known_apart = np.zeros(count)
        self.distances = np.zeros(count)
        """Of the best that was heard."""

    def begin(self, generator: np.random.Generator) -> Floats:
        """Draw new targets; return what is observed."""
        self._best = []
        for i, env in enumerate(self._envs):
            observation, info = env.reset(options={"target": self._target(i, generator)})
            self._known_apart[i] = env.distance_of(self._known[i])
            self.distances[i] = info["distance"]
            self._best.append(Best(observation))
        return self.observed

    def _target(self, i: int, generator: np.random.Generator) -> Floats:
        env = self._envs[i]

        def drawn() -> Floats:
            self._known[i] = generator.random(len(self._known[i]), np.float32)
            sound = env.sound(self._known[i]).copy()
            hides = generator.random() < self._share
            return disguised(sound, env.rate, generator) if hides else sound

        return heard(drawn)

    @property
    def observed(self) -> Floats:
        """What each agent sees [environment, number]: the best that it heard."""
        return np.stack([each.seen for each in self._best])

    @property
    def numbers(self) -> Floats:
        """The numbers of that [environment, number], 0..1."""
        return np.stack([each.numbers for each in self._best])

    def step(self, changes: Floats) -> Floats:
        """Try a change of each best one; return by how much each is better."""
        more = np.zeros(len(self._envs), np.float32)
        for i, (env, best) in enumerate(zip(self._envs, self._best, strict=True)):
            observation, gained, *_ = env.step(best.action(changes[i]))
            more[i] = best.hear(observation, gained)
        self.distances -= more
        return more

    def wanted(self, numbers: Floats) -> Floats:
        """Return the changes of numbers that lead to the best that is known by now.

        That is what a target was made of, before its disguise, or what the agent found itself.
        """
        found = self.distances < self._known_apart
        aim = np.where(found[:, None], self.numbers, self._known)
        changes: Floats = np.clip((aim - numbers) / REACH, -1, 1).astype(np.float32)
        return changes
