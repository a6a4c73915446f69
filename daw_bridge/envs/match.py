"""Episodes in which sounds are matched, side by side: what one environment has, or a vector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from daw_bridge.envs.distances import CRITERIA, Distance
from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import RATE, Player, Sounds
from daw_bridge.envs.parameters import Entry, Parameters
from daw_bridge.envs.targets import length_of, target_of
from daw_bridge.errors import UserError

LOUDEST = 1_000.0
"""To which an observation is cut off; 1 is full scale."""

Mapped = Callable[[Callable[[slice], None], Iterable[slice]], Iterable[None]]
"""What `map` does; that of a pool does it in threads."""


class Match:
    """Lanes of one program that come nearer to one target, all at the same step of an episode.

    Python computes the numbers of all of them; then shares of the lanes are played and judged in a
    few calls that hold no lock, each share in a thread of its own if `mapped` has some.
    """

    def __init__(
        self,
        code: str,
        target: Any,
        action_space: Sequence[Entry],
        total_step: int = 16,
        step_len: float = 0.125,
        criteria: str = "spectral",
        rate: int = RATE,
        lanes: int = 1,
    ) -> None:
        self._ends = length_of(total_step, step_len, rate)
        self.target = target_of(target, rate, self._ends[-1])
        self.parameters = Parameters.of(Graph.of(code), action_space)
        self._player = Player(self.parameters.graph, rate, lanes)
        self._distance: Distance = CRITERIA.find(criteria)(self.target)
        self._heard = np.zeros((lanes, len(self.target)), np.float32)
        self._done = -1
        self.action_space = Box(0, 1, (self.parameters.free,), np.float32)
        self.observation_space = Box(-LOUDEST, LOUDEST, self.target.shape, np.float32)

    @property
    def steps(self) -> int:
        """How many an episode has."""
        return len(self._ends) - 1

    @property
    def is_over(self) -> bool:
        """Whether it has no more of them."""
        return self._done == self.steps

    def begin(self) -> None:
        """Go back to silence."""
        self._player.reset()
        self._heard[:] = 0
        self._done = 0

    def choose(self, actions: Iterable[Any]) -> list[list[float]]:
        """Take an action for each lane; return the numbers that they give.

        Raises:
            UserError: an action holds no numbers, or the episode is over.
        """
        if not 0 <= self._done < self.steps:
            raise UserError("an episode that goes on", "one that is over", "call reset()")
        values = [self.parameters.values(action) for action in actions]
        if len(values) != len(self._heard):
            raise UserError(f"{len(self._heard)} actions", f"{len(values)}", "give one for each")
        self._player.give(values)
        return values

    def step(
        self, shares: Iterable[slice] = (slice(None),), mapped: Mapped = map
    ) -> tuple[Sounds, NDArray[np.float64]]:
        """Hear the next part; return all that was heard [lane, sample], and distances [lane].

        Raises:
            UserError: a sound is no sound.
        """
        start, end = self._ends[self._done : self._done + 2]
        heard, distances = np.empty_like(self._heard), np.empty(len(self._heard))

        def hear(lanes: slice) -> None:
            whole = self._heard[lanes]
            whole[:, start:end] = self._player.next(end - start, lanes)
            distances[lanes] = self._distance.of(whole)
            np.clip(whole, -LOUDEST, LOUDEST, out=heard[lanes])

        list(mapped(hear, shares))
        self._done += 1
        if not np.isfinite(distances).all():
            raise UserError("a sound", "numbers without bounds", "lower the bounds of action_space")
        return heard, distances
