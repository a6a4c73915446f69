"""What networks over tokens look back at, in many lanes: as `policies.recall_tokens`, in arrays."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.policies.layout import N_COMPARED, Layout
from daw_bridge.policies.observe_tokens import identify
from daw_bridge.training.lanes.lanes import Floats, Ints
from daw_bridge.training.lanes.layers import rows

_COMMON = 16
"""At least as many steps a bar are remembered, as `policies.recall_tokens` does."""

_FIRST_CAPACITY = 128


class Sight(NamedTuple):
    """What n lanes observe before a step, as `policies.recall_tokens.Sight`.

    `seen` [n, n_seen, kept] and `sources` [n, n_copied, kept] are tokens, padded.
    """

    seen: Ints
    sources: Ints
    features: Floats


class Memory:
    """What was played in each lane, the last step first: as `policies.recall_tokens.Memory`."""

    def __init__(self, layout: Layout, count: int) -> None:
        self._layout, self._count = layout, count
        self._reach = lru_cache(maxsize=64)(layout.reach)
        self.length = np.zeros(count, np.int64)
        self.ids = np.zeros((count, _FIRST_CAPACITY), np.int64)
        self._agreed = np.zeros((count, _FIRST_CAPACITY), np.uint32)
        self._steps = np.zeros((count, _FIRST_CAPACITY, layout.kept), np.int16)
        self.notes, self.earlier = (np.zeros((count, layout.n_voices), np.int64) for _ in range(2))
        self.begin(np.arange(count))

    def begin(self, lanes: Ints) -> None:
        """Forget everything."""
        self.length[lanes] = 0
        self.notes[lanes] = self.earlier[lanes] = self._layout.nothing

    def strike(self, tokens: Ints, lanes: Ints) -> None:
        """Learn the last notes of voices."""
        begins = np.array(self._layout.begins)[tokens] if self._layout.n_voices else tokens[:0]
        struck = np.flatnonzero(begins >= 0)
        lane, voice = lanes[struck], begins[struck]
        self.earlier[lane, voice] = self.notes[lane, voice]
        self.notes[lane, voice] = tokens[struck]

    def after(self, steps: Ints, n_steps: Ints, lanes: Ints) -> None:
        """Learn a step's tokens [n, kept], padded, in bars of `n_steps` [n]."""
        length = self.length[lanes]
        width = int(length.max()) + 1
        self._hold(width)
        at, now = rows(lanes, self._count), identify(steps, self._layout)
        same = self.ids[at, :width] == now[:, None]
        same &= np.arange(width) < length[:, None]
        agreed = self._agreed[at, :width] << _ONE
        agreed |= same
        self._agreed[at, :width] = agreed
        for kept, new in ((self.ids, now), (self._steps, steps)):
            kept[at, 1:width] = kept[at, : width - 1]
            kept[at, 0] = new
        reach = np.array([self._reach(max(n, _COMMON)) for n in n_steps.tolist()])
        self.length[lanes] = np.minimum(length + 1, reach)

    def _hold(self, width: int) -> None:
        while self.ids.shape[1] < width:
            self.ids = np.concatenate([self.ids] * 2, 1)
            self._agreed = np.concatenate([self._agreed] * 2, 1)
            self._steps = np.concatenate([self._steps] * 2, 1)

    def look(self, n_steps: Ints, told: Ints, lanes: Ints) -> Sight:
        """Look back from the step to come, told to return `told` bars back [n], 0 for none."""
        layout, length = self._layout, self.length[lanes]
        bars = n_steps[:, None] * np.array(layout.copied, np.int64)
        distances = np.concatenate([bars, self._matching(lanes)], 1)
        natural = distances.shape[1]
        if layout.told:
            distances = np.concatenate([distances, (n_steps * told)[:, None]], 1)
        exists = (distances > 0) & (distances <= length[:, None])
        features, sums = self._agreement(distances, exists, lanes)
        best = distances[np.arange(len(lanes)), sums[:, :natural].argmax(1)]
        short = np.broadcast_to(np.array(layout.near), (len(lanes), len(layout.near)))
        whole = n_steps[:, None] * np.array(layout.bars)
        near = np.concatenate([short, whole, best[:, None], distances[:, natural:]], 1)
        seen, sources = self._back(near, lanes), self._back(distances, lanes)
        if layout.n_voices:
            opening = np.full((len(lanes), 2, layout.kept), layout.nothing)
            opening[:, 0, : layout.n_voices] = self.notes[lanes]
            opening[:, 1, : layout.n_voices] = self.earlier[lanes]
            seen = np.concatenate([seen, opening], 1)
        return Sight(seen, sources, features)

    def _back(self, distances: Ints, lanes: Ints) -> Ints:
        """Return the steps so many steps back, 1 for the last: [n, m, kept]."""
        there = (distances > 0) & (distances <= self.length[lanes, None])
        steps = self._steps[lanes[:, None], np.where(there, distances, 1) - 1]
        return np.where(there[:, :, None], steps.astype(np.int64), self._layout.nothing)

    def _matching(self, lanes: Ints) -> Ints:
        """Return for each length how far back the same steps were played last, 0 for never."""
        lengths, length = self._layout.matches, self.length[lanes]
        width, n = int(length.max(initial=0)), np.arange(len(lanes))
        found = np.zeros((len(lanes), len(lengths)), np.int64)
        if not width:
            return found
        agreed, places = self._agreed[rows(lanes, self._count), :width], np.arange(width)
        for place, each in enumerate(lengths):
            mask = np.uint32((1 << each) - 1)
            same = ((agreed & mask) == mask) & (places < (length - each)[:, None])
            first = same.argmax(1)
            found[:, place] = np.where(same[n, first], first + 1, 0)
        return found

    def _agreement(
        self, distances: Ints, exists: NDArray[np.bool_], lanes: Ints
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Return the features of each source, and their sum, by which the best is chosen."""
        bits = self._agreed[lanes[:, None], np.where(exists, distances, 1) - 1]
        known = np.clip(self.length[lanes, None] - distances, 0, N_COMPARED)
        bits = bits.astype(np.int64) & ((1 << known) - 1)
        run = _count(bits & ~(bits + 1))
        near, far = _count(bits & 0xFF) / 8, _count(bits) / N_COMPARED
        features = np.stack([exists, _ROUNDED[run], near, far], 2) * exists[:, :, None]
        return features.astype(np.float32), (_LENGTHS[run] + near + far) * exists


def _count(bits: Ints) -> Ints:
    """Count the bits of numbers below 2 ** 32."""
    counts: Ints = _BITS[bits & 0xFFFF] + _BITS[bits >> 16]
    return counts


_BITS = np.array([number.bit_count() for number in range(1 << 16)])
_ONE = np.uint32(1)
_LENGTHS = np.log1p(np.arange(N_COMPARED + 1, dtype=np.float32)) / np.log1p(N_COMPARED)
_ROUNDED = _LENGTHS.astype(np.float16).astype(np.float32)
