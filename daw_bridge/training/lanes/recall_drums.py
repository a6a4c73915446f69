"""What the drummer looks back at, in many lanes: as `policies.recall_drums`, in arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS
from daw_bridge.music.form import FARTHEST
from daw_bridge.policies.observe_drums import (
    LIKENESS,
    N_BARS,
    N_COMPARED,
    N_RECENT,
    N_SEEN,
    NOTHING,
    reach,
)
from daw_bridge.training.lanes.lanes import Floats, Ints
from daw_bridge.training.lanes.layers import rows

_COMMON = 16

_LIKENESS = np.zeros((N_WORDS + 1, N_WORDS + 1), np.float32)
_LIKENESS[:N_WORDS, :N_WORDS] = LIKENESS

_LENGTHS = np.log1p(np.arange(N_COMPARED + 1, dtype=np.float32)) / np.float32(np.log1p(N_COMPARED))

_OLD = 64

BITS = np.zeros((N_WORDS + 1, N_CLASSES), np.float32)
BITS[:N_WORDS] = np.arange(N_WORDS)[:, None] >> np.arange(N_CLASSES)[::-1] & 1


class Sight(NamedTuple):
    """What n lanes observe before a step, as `policies.recall_drums.Sight`."""

    words: Ints
    copies: Ints
    copy_features: Floats
    dense: Floats
    seen: Ints


class Memory:
    """What was played in each lane, the newest last: as `policies.recall_drums.Memory`.

    Lanes share the length of the longest; what is beyond that of a lane is never looked at.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._held = np.full(count, _COMMON)
        self._words = np.full((count, 1 + _reach_of_words(_COMMON)), NOTHING, np.int16)
        self._rows = np.zeros((count, reach(_COMMON), 3 * N_CLASSES), np.float32)
        self._hits = np.zeros((count, 2, 4, N_CLASSES), np.float32)
        self._n_played = np.zeros(count, np.int64)
        self.begin(np.arange(count))

    def begin(self, lanes: Ints) -> None:
        """Forget everything."""
        self._held[lanes], self._words[lanes], self._rows[lanes] = _COMMON, NOTHING, 0
        self._hits[lanes], self._hits[lanes, :, 3], self._n_played[lanes] = 0, np.inf, 0

    def reaching(self, lane: int, n_steps: int) -> None:
        """Make the memory of a lane as long as bars of `n_steps` need it."""
        wanted = max(n_steps, _COMMON)
        kept = min(int(self._held[lane]), wanted)
        if wanted == self._held[lane]:
            return
        more = 1 + _reach_of_words(wanted) - self._words.shape[1]
        if more > 0:
            before = reach(wanted) - self._rows.shape[1]
            self._words = np.pad(self._words, ((0, 0), (more, 0)), constant_values=NOTHING)
            self._rows = np.pad(self._rows, ((0, 0), (before, 0), (0, 0)))
        self._words[lane, : -_reach_of_words(kept)] = NOTHING
        self._rows[lane, : -reach(kept)] = 0
        self._n_played[lane] = min(self._n_played[lane], _reach_of_words(wanted))
        self._held[lane] = wanted

    def played(self, lane: int) -> Ints:
        """Return the words of a lane, the last one first."""
        return self._words[lane, : -int(self._n_played[lane]) - 1 : -1].astype(np.int64)

    def after(self, words: Ints, first: Floats, lanes: Ints) -> None:
        """Learn words [n], and velocity, offset and place of their first hits [n, 3, 9]."""
        at = rows(lanes, self._count)
        self._words[at, 1:-1] = self._words[at, 2:]
        self._words[at, -1] = words
        self._rows[at, :-1] = self._rows[at, 1:]
        self._rows[at, -1] = first.reshape(len(lanes), -1)
        hits = self._hits[at]
        hits[:, :, 3] += 1
        latest = np.concatenate([first, np.ones_like(first[:, :1])], 1)
        latest = np.stack([latest, hits[:, 0]], 1)
        self._hits[at] = np.where(first[:, None, 2:] > 0, latest, hits)
        most = FARTHEST * self._held[lanes] + N_COMPARED
        self._n_played[lanes] = np.minimum(self._n_played[lanes] + 1, most)

    def look(self, places: Floats, n_steps: Ints, told: Ints, lanes: Ints) -> Sight:
        """Observe the music before steps; see `policies.recall_drums.look`."""
        n, untold = np.arange(len(lanes)), told == 0
        back = np.arange(1, N_BARS + 2) * np.ones((len(lanes), 1), np.int64)
        back[:, N_BARS] = np.where(untold, FARTHEST, told)
        bars = -n_steps[:, None] * back
        copies = self._at(bars, lanes)
        features, best = self._features(bars, lanes)
        features[untold, :, N_BARS], copies[untold, N_BARS] = 0, NOTHING
        which = np.tile([*range(N_SEEN), 0, N_BARS], (len(lanes), 1))
        which[:, N_SEEN] = best
        seen = np.take_along_axis(bars, which, 1)
        words = self._at(np.concatenate([np.full((len(lanes), 1), -1), seen, seen + 1], 1), lanes)
        known = np.take_along_axis(features[:, :3], which[:, None], 2)
        words[:, -N_SEEN - 2 :][known[:, 0] == 0] = NOTHING
        words[untold, N_SEEN + 2] = NOTHING
        past = self._rows
        dense = np.concatenate(
            [
                past[lanes, -1, : 2 * N_CLASSES],
                past[lanes, seen[:, 0], :N_CLASSES],
                past[lanes, seen[:, N_SEEN], :N_CLASSES],
                places,
                known.reshape(len(n), -1),
                (np.minimum(self._n_played[lanes], _OLD)[:, None] / _OLD).astype(np.float32),
            ],
            1,
        )
        return Sight(words, copies, features.transpose(0, 2, 1), dense, seen[:, :-1])

    def _at(self, places: Ints, lanes: Ints) -> Ints:
        """Return the words at places before the end: [n, m]; what is not yet played is nothing."""
        length = self._words.shape[1]
        return self._words[lanes[:, None], (length + places) % length].astype(np.int64)

    def _features(self, bars: Ints, lanes: Ints) -> tuple[Floats, Ints]:
        """Return how well each of the bars back matches, [n, 5, 17], and the best ones."""
        length = self._words.shape[1]
        here = self._words[rows(lanes, self._count), : -N_COMPARED - 1 : -1]
        compared = length + bars[:, :, None] - np.arange(1, N_COMPARED + 1)
        there = self._words[lanes[:, None, None], compared]
        likeness = _LIKENESS[here[:, None], there]
        other = likeness != 1
        run = np.where(other.any(2), other.argmax(2), N_COMPARED)
        near, far = likeness[:, :, :8].sum(2) * _EIGHTH, likeness.sum(2) * _OF_COMPARED
        exists = (bars >= -self._n_played[lanes, None]).astype(np.float32)
        features = np.stack([exists, _LENGTHS[run], near, far, near * near], 1)
        return features, (near + far)[:, :N_BARS].argmax(1)

    def before(self, lanes: Ints) -> Floats:
        """Return the drums of the last steps, of the last one first: [n, N_RECENT * 9]."""
        words = self._words[lanes, : -N_RECENT - 1 : -1]
        return BITS[words].reshape(len(lanes), -1)

    def feel(self, seen: Ints, n_steps: Ints, lanes: Ints) -> Floats:
        """Return how each class was played at this place before: [n, N_FEEL, 9]."""
        n = len(lanes)
        bars = -n_steps[:, None] * np.arange(1, N_BARS + 1)
        sums = self._rows[lanes[:, None], bars].sum(1).reshape(n, 3, N_CLASSES)
        hits = sums[:, 2:]
        oldest = np.minimum(N_BARS * n_steps, self._n_played[lanes])
        recent = self._hits[lanes, :, 3:] <= oldest[:, None, None, None]
        parts = [
            self._rows[lanes[:, None], seen].reshape(n, -1, N_CLASSES),
            (self._hits[lanes, :, :3] * recent).reshape(n, -1, N_CLASSES),
            sums[:, :2] / np.maximum(hits, 1),
            hits * _OF_BARS,
        ]
        return np.concatenate(parts, 1, dtype=np.float32)


_EIGHTH, _OF_COMPARED = np.float32(1 / 8), np.float32(1 / N_COMPARED)
_OF_BARS = np.float32(1 / N_BARS)


def _reach_of_words(n_steps: int) -> int:
    return FARTHEST * n_steps + N_COMPARED
