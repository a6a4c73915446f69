"""What the drummer that looks back observes in play: as `observe_drums`, one step at a time.

Music is observed over a whole piece where a network learns from it, and before the step to come
where it plays. Both give the same numbers. Here the steps before the piece are in memory as well,
as words of nothing, so that all places that are looked at lie at fixed distances from its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS, bit
from daw_bridge.encoding.drum_grid import scaled_offset, scaled_velocity
from daw_bridge.music.form import FARTHEST
from daw_bridge.policies.observe_drums import (
    LIKENESS,
    N_BARS,
    N_COMPARED,
    N_COPY_FEATURES,
    N_RECENT,
    N_SEEN,
    N_SOURCES,
    NOTHING,
    Floats,
    Ints,
    reach,
)

Hit = tuple[int, int, int]
"""Class, offset bin and velocity bin of a hit."""

_COMMON = 16
"""At least as many steps a bar are remembered, so that a meter may change for a while."""

_LIKENESS = np.zeros((N_WORDS + 1, N_WORDS + 1), np.float32)
_LIKENESS[:N_WORDS, :N_WORDS] = LIKENESS
"""Nothing is like nothing."""

_SAME, _EIGHTH = np.float32(1), np.float32(1 / 8)
_OF_COMPARED, _OF_BARS = np.float32(1 / N_COMPARED), np.float32(1 / N_BARS)

_LENGTHS = np.log1p(np.arange(N_COMPARED + 1, dtype=np.float32)) / np.float32(np.log1p(N_COMPARED))

_OLD = 64
_AGES = np.arange(_OLD + 1, dtype=np.float32) / _OLD

_OLDEST = 0
"""The place of the word before all that is remembered: nothing."""

_BACK = np.array([*range(-1, -N_COMPARED - 1, -1), _OLDEST])
"""The steps that are compared; no comparison goes on beyond the last, for nothing is like it."""


class Sight(NamedTuple):
    """What is observed before a step.

    `words` [13], `copies` [17], `copy_features` [17, 5] and `dense`, but for form, as in
    `observe_drums.Observation`; `seen` [5] are the steps that are seen, by their places in memory,
    but for the one that is told.
    """

    words: Ints
    copies: Ints
    copy_features: Floats
    dense: Floats
    seen: Ints


class Memory(NamedTuple):
    """What was played, back to all that is looked at.

    `words` [1 + n] are nothing, and then the last steps, the newest last; `rows` [m, 27] velocity
    and offset of the first hit of each class, and 1 where there is one. `hits` [2, 4, 9] are such
    rows of the last two hits of each class, and how many steps back they are. `n_played` steps are
    of the piece.
    """

    words: Ints
    rows: Floats
    hits: Floats
    n_played: int

    @classmethod
    def of_nothing(cls) -> Memory:
        """Return the memory before a piece."""
        n, m = _reach_of_words(_COMMON), reach(_COMMON)
        hits = np.zeros((2, 4, N_CLASSES), np.float32)
        hits[:, 3] = np.inf
        return cls(np.full(1 + n, NOTHING), np.zeros((m, 3 * N_CLASSES), np.float32), hits, 0)

    def reaching(self, n_steps: int) -> Memory:
        """Return a memory as long as bars of `n_steps` need it."""
        n, m = _reach_of_words(max(n_steps, _COMMON)), reach(max(n_steps, _COMMON))
        if m == len(self.rows):
            return self
        words, rows = self.words[1:][-n:], self.rows[-m:]
        words = np.pad(words, (1 + n - len(words), 0), constant_values=NOTHING)
        rows = np.pad(rows, ((m - len(rows), 0), (0, 0)))
        return self._replace(words=words, rows=rows, n_played=min(self.n_played, n))

    def after(self, word: int, played: Sequence[Hit]) -> Memory:
        """Return the memory after a step of which a word was heard, and hits."""
        now = first_hits(played)
        hits = self.hits + _A_STEP_AGO
        if played:
            latest = np.concatenate((now, _A_STEP_AGO[3:], hits[0])).reshape(hits.shape)
            hits = np.where(now[2].astype(np.bool_), latest, hits)
        return Memory(
            np.concatenate((self.words[:1], self.words[2:], (word,))),
            np.concatenate((self.rows[1:], now.reshape(1, -1))),
            hits,
            min(self.n_played + 1, len(self.words) - 1),
        )


_A_STEP_AGO = np.repeat(np.array([[0], [0], [0], [1]], np.float32), N_CLASSES, 1)


def _reach_of_words(n_steps: int) -> int:
    return FARTHEST * n_steps + N_COMPARED


class _Distances(NamedTuple):
    """Where bars of one length are looked at: places from the end of memory, all below 0.

    `bars` [17] are the steps one and more bars back, and in the bar that is told; `compared`
    [17, 33] those before each. Where each of the bars matches best, `best` [16, 6] are the bars
    that are seen, `seen` [16, 6] their steps, and `heard` [16, 13] the last step, these, and those
    after these.
    """

    bars: Ints
    compared: Ints
    best: Ints
    seen: Ints
    heard: Ints


@lru_cache(maxsize=256)
def _distances(n_steps: int, told: int = 0) -> _Distances:
    bars = -n_steps * np.append(np.arange(1, N_BARS + 1), told or FARTHEST)
    compared = bars[:, None] + _BACK
    compared[:, -1] = _OLDEST
    numbers = np.arange(N_BARS)
    nearest, last = np.tile(numbers[:N_SEEN], (N_BARS, 1)), np.full((N_BARS, 1), N_BARS)
    best = np.concatenate((nearest, numbers[:, None], last), 1)
    seen = bars[best]
    # After the last step there is nothing yet, and that is the oldest.
    heard = np.concatenate((np.full((N_BARS, 1), -1), seen, seen + 1), 1)
    return _Distances(bars, compared, best, seen, heard)


def look(memory: Memory, place: Floats, n_steps: int, told: int = 0) -> Sight:
    """Observe the music before a step of a bar of `n_steps`, which memory reaches.

    `place` [N_PLACE] says where in the bar the step is.

    It is told to return to the bar `told` bars back, 0 for none.
    """
    at = _distances(n_steps, told)
    rows, copies = memory.rows, memory.words[at.bars]
    features, best = _features(memory, at)
    if not told:
        features[:, N_BARS], copies[N_BARS] = 0, NOTHING
    seen = at.seen[best]
    known_length_near = features[:3].take(at.best[best], 1)
    words = memory.words[at.heard[best]]
    age = min(memory.n_played, _OLD)
    words[-N_SEEN - 2 :][known_length_near[0] == 0] = NOTHING
    if not told:
        words[N_SEEN + 2] = NOTHING
    dense = np.concatenate(
        (
            rows[-1, : 2 * N_CLASSES],
            rows[seen[0], :N_CLASSES],
            rows[seen[N_SEEN], :N_CLASSES],
            place,
            known_length_near.ravel(),
            _AGES[age : age + 1],
        )
    )
    return Sight(words, copies, features.T, dense, seen[:-1])


def _features(memory: Memory, at: _Distances) -> tuple[Floats, int]:
    """Return how well each of the bars back matches, [5, 17], and the one that does best.

    All is 0 where there is no such bar.
    """
    words = memory.words
    likeness = _LIKENESS[words[_BACK], words[at.compared]]
    features = np.empty((N_COPY_FEATURES, N_SOURCES), np.float32)
    exists, length, near, far, square = features
    exists[:] = at.bars >= -memory.n_played
    length[:] = _LENGTHS[(likeness != _SAME).argmax(1)]
    np.multiply(np.add.reduce(likeness[:, :8], 1), _EIGHTH, out=near)
    np.multiply(np.add.reduce(likeness[:, :N_COMPARED], 1), _OF_COMPARED, out=far)
    np.multiply(near, near, out=square)
    return features, int((near + far)[:N_BARS].argmax())


def before(memory: Memory) -> Floats:
    """Return the drums of the last steps, of the last one first: [N_RECENT * 9]."""
    bits: Floats = _BITS[memory.words[: -N_RECENT - 1 : -1]].ravel()
    return bits


def feel(memory: Memory, seen: Ints, n_steps: int) -> Floats:
    """Return how each class was played at this place before: [N_FEEL, 9]."""
    rows = memory.rows
    sums = np.add.reduce(rows.take(_distances(n_steps).bars[:N_BARS], 0), 0).reshape(3, N_CLASSES)
    hits = sums[2:]
    recent = memory.hits[:, 3:] <= np.float32(min(N_BARS * n_steps, memory.n_played))
    return np.concatenate(
        (
            rows.take(seen, 0).reshape(-1, N_CLASSES),
            (memory.hits[:, :3] * recent).reshape(-1, N_CLASSES),
            sums[:2] / np.maximum(hits, _SAME),
            hits * _OF_BARS,
        )
    )


def first_hits(hits: Sequence[Hit]) -> Floats:
    """Return velocity and offset of each class's first hit, and 1 where there is one: [3, 9]."""
    first = np.zeros((3, N_CLASSES), np.float32)
    for drum, offset_bin, velocity_bin in reversed(hits):
        first[0, drum] = scaled_velocity(velocity_bin)
        first[1, drum] = scaled_offset(offset_bin)
        first[2, drum] = 1
    return first


def look_at_hit(word: int, drum: int, hits: Sequence[Hit], felt: Floats) -> Floats:
    """Observe a hit before it is drawn, as `observe_drums.observe_hits`: [N_HIT].

    `hits` are those of its step so far, `felt` [N_FEEL, 9] is how each class was played before.
    """
    same = [hit for hit in hits if hit[0] == drum]
    last = np.zeros(4, np.float32)
    if same:
        _, offset_bin, velocity_bin = same[-1]
        more = len(same) > 1
        last[:] = 1, scaled_velocity(velocity_bin), scaled_offset(offset_bin), more
    earlier = first_hits([hit for hit in hits if hit[0] != drum])[:2]
    return np.concatenate((_BITS[word], _BITS[bit(drum)], earlier.ravel(), last, felt[:, drum]))


_BITS = np.zeros((N_WORDS + 1, N_CLASSES), np.float32)
_BITS[:N_WORDS] = np.arange(N_WORDS)[:, None] >> np.arange(N_CLASSES)[::-1] & 1
"""The classes of each word, from the first; nothing has none."""
