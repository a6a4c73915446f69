"""A graph as it sounds: its nodes' kernels, called one after another, with what each remembers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.kernels.in_turn import address_of, play
from daw_bridge.envs.graph.parse import Slot
from daw_bridge.envs.scratch import of_this_thread

RATE = 44_100

Sound = NDArray[np.float32]
"""[sample], in one channel, of full scale 1; nothing is cut off."""

Sounds = NDArray[np.float32]
"""[lane, sample]"""


class Player:
    """Plays a graph from its beginning on, in calls of any length; in several lanes, if asked.

    What is left open in the graph is given before each call, to each lane its own: nodes keep what
    they remember where it changes, as Glicol's do. A lane belongs to one thread at a time.
    """

    def __init__(self, graph: Graph, rate: int = RATE, lanes: int = 1) -> None:
        self.graph = graph
        self._rate = rate
        steps = graph.steps
        sizes = [
            (len(each.refs), len(each.values), each.kind.state + each.kind.ring * rate)
            for each in steps
        ]
        self._ends = np.cumsum([(0, 0, 0), *sizes], axis=0)
        self._nodes = np.array([(address_of(each.kind.kernel), each.x) for each in steps])
        self._refs = np.array([ref for each in steps for ref in each.refs], np.int64)
        values = [value for each in steps for value in each.values]
        slots = [(i, each.index) for i, each in enumerate(values) if isinstance(each, Slot)]
        self._open, self._given = np.array(slots, np.int64).reshape(-1, 2).T
        fixed = np.array([0 if isinstance(each, Slot) else each for each in values], np.float32)
        self._numbers = np.tile(fixed, (lanes, 1))
        self._states = np.zeros((lanes, self._ends[-1, 2]))
        self._at = np.zeros(lanes, np.int64)

    def reset(self) -> None:
        """Go back to the beginning."""
        self._at[:] = 0
        self._states[:] = 0

    def give(self, values: Sequence[Sequence[float]]) -> None:
        """Put numbers in place of what is left open, to each lane its own."""
        self._numbers[:, self._open] = np.array(values, np.float32)[:, self._given]

    def next(self, length: int, lanes: slice = slice(None)) -> Sounds:
        """Return the next samples of some lanes; it holds no lock while it computes them.

        The next call of any player in this thread overwrites them.
        """
        numbers, states, at = self._numbers[lanes], self._states[lanes], self._at[lanes]
        rows = of_this_thread(_nodes, len(self._nodes), length)
        heard: Sounds = of_this_thread(_lanes, len(at), length)
        play(self._nodes, self._ends, self._refs, numbers, states, at, self._rate, rows, heard)
        return heard

    def play(self, values: Sequence[float], length: int) -> Sound:
        """Return the next samples of a player of one lane; the next call overwrites them."""
        self.give([values])
        sound: Sound = self.next(length)[0]
        return sound


def _nodes(count: int, length: int) -> Sounds:
    return np.zeros((count, length), np.float32)


def _lanes(count: int, length: int) -> Sounds:
    """Make other memory than the nodes have, where there are as many."""
    return np.zeros((count, length), np.float32)
