"""A graph as it sounds: its nodes' kernels, called one after another, with what each remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.parse import Slot
from daw_bridge.envs.scratch import of_this_thread

RATE = 44_100

Sound = NDArray[np.float32]
"""[sample], in one channel, of full scale 1; nothing is cut off."""


class Player:
    """Plays a graph from its beginning on, in calls of any length.

    What is left open in the graph is given with each call: nodes keep what they remember where it
    changes, as Glicol's do. One player belongs to one thread; while a kernel computes, others run.
    """

    def __init__(self, graph: Graph, rate: int = RATE) -> None:
        self.graph = graph
        self._rate = rate
        self._open: list[tuple[NDArray[np.float32], int, int]] = []
        self._calls: list[tuple[Any, ...]] = []
        for here, step in enumerate(graph.steps):
            numbers = np.zeros(len(step.values), np.float32)
            for i, value in enumerate(step.values):
                if isinstance(value, Slot):
                    self._open.append((numbers, i, value.index))
                else:
                    numbers[i] = value
            state = np.zeros(step.kind.state + step.kind.ring * rate, np.float64)
            refs = np.array(step.refs, np.int64)
            self._calls.append((step.kind.kernel, here, step.x, refs, numbers, state))
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning."""
        self._at = 0
        for *_, state in self._calls:
            state[:] = 0

    def play(self, values: Sequence[float], length: int) -> Sound:
        """Return the next samples; the next call of any player in this thread overwrites them."""
        rows = of_this_thread(_rows, len(self._calls), length)
        for numbers, i, index in self._open:
            numbers[i] = values[index]
        at, rate = self._at, self._rate
        for kernel, here, x, refs, numbers, state in self._calls:
            kernel(rows, here, x, refs, numbers, state, at, rate)
        self._at += length
        heard: Sound = rows[-1]
        return heard


def _rows(nodes: int, length: int) -> Sound:
    return np.zeros((nodes, length), np.float32)
