"""What the drummer that looks back observes in play: as `observe_drums`, one step at a time.

Music is observed over a whole piece where a network learns from it, and before the step to come
where it plays. Both give the same numbers. Here the steps before the piece are in memory as well,
as words of nothing, so that all places that are looked at lie at fixed distances from its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    N_SEEN,
    N_SOURCES,
    NOTHING,
    Floats,
    Ints,
    place_table,
    reach,
)

Hit = tuple[int, int, int]
"""Class, offset bin and velocity bin of a hit."""

_COMMON = 16
"""At least as many steps a bar are remembered, so that a meter may change for a while."""

_LONG_AGO = 1 << 40

_LIKENESS = np.zeros((N_WORDS + 1, N_WORDS + 1), np.float32)
_LIKENESS[:N_WORDS, :N_WORDS] = LIKENESS
"""Nothing is like nothing."""

_LENGTHS = np.log1p(np.arange(N_COMPARED + 1, dtype=np.float32)) / np.float32(np.log1p(N_COMPARED))

_BACK = -np.arange(1, N_COMPARED + 1)


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

    `words` [m] are the last steps, the newest last; `rows` [k, 27] of fewer steps the velocity and
    offset of the first hit of each class, and 1 where there is one. `hits` [2, 3, 9] are such rows
    of the last two hits of each class, `since` [2, 9] says how many steps back they are. `n_played`
    steps are of the piece.
    """

    words: Ints
    rows: Floats
    hits: Floats
    since: Ints
    n_played: int

    @classmethod
    def of_nothing(cls) -> Memory:
        """Return the memory before a piece."""
        return cls(
            np.full(_reach_of_words(_COMMON), NOTHING),
            np.zeros((reach(_COMMON), 3 * N_CLASSES), np.float32),
            np.zeros((2, 3, N_CLASSES), np.float32),
            np.full((2, N_CLASSES), _LONG_AGO),
            0,
        )

    def reaching(self, n_steps: int) -> Memory:
        """Return a memory as long as bars of `n_steps` need it."""
        n, m = _reach_of_words(max(n_steps, _COMMON)), reach(max(n_steps, _COMMON))
        if m == len(self.rows):
            return self
        words, rows = self.words[-n:], self.rows[-m:]
        words = np.pad(words, (n - len(words), 0), constant_values=NOTHING)
        rows = np.pad(rows, ((m - len(rows), 0), (0, 0)))
        return self._replace(words=words, rows=rows, n_played=min(self.n_played, n))

    def after(self, word: int, played: Iterable[Hit]) -> Memory:
        """Return the memory after a step of which a word was heard, and hits."""
        velocity, offset = first_hits(played)
        struck = [drum for drum, heard in enumerate(velocity) if heard]
        row = np.array([*velocity, *offset, *map(bool, velocity)], np.float32)
        hits, since = self.hits, self.since + 1
        if struck:
            hits = hits.copy()
            hits[1, :, struck] = hits[0, :, struck]
            hits[0, :, struck] = row.reshape(3, N_CLASSES)[:, struck].T
            since[1, struck], since[0, struck] = since[0, struck], 1
        return Memory(
            np.concatenate((self.words[1:], (word,))),
            np.concatenate((self.rows[1:], row[None])),
            hits,
            since,
            min(self.n_played + 1, len(self.words)),
        )


def _reach_of_words(n_steps: int) -> int:
    return FARTHEST * n_steps + N_COMPARED


class _Distances(NamedTuple):
    """Where bars of one length are looked at: places from the end of memory, all below 0.

    `bars` [17] are the steps one and more bars back, and last the told one; `compared` [17, 32]
    those before each; `seen` [16, 6] those that are seen where each of the bars matches best.
    """

    bars: Ints
    compared: Ints
    seen: Ints


@lru_cache(maxsize=256)
def _distances(n_steps: int, told: int = 0) -> _Distances:
    back = np.append(np.arange(1, N_BARS + 1), told or FARTHEST)
    bars = -n_steps * back
    nearest = np.broadcast_to(bars[:N_SEEN], (N_BARS, N_SEEN))
    best, last = bars[:N_BARS, None], np.broadcast_to(bars[N_BARS:], (N_BARS, 1))
    return _Distances(bars, bars[:, None] + _BACK, np.concatenate((nearest, best, last), 1))


def look(memory: Memory, place: int, n_steps: int, told: int = 0) -> Sight:
    """Observe the music before the step `place` of a bar of `n_steps`, which memory reaches.

    It is told to return to the bar `told` bars back, 0 for none.
    """
    at = _distances(n_steps, told)
    words, rows = memory.words, memory.rows
    features = _features(memory, at)
    best = int((features[:N_BARS, 2] + features[:N_BARS, 3]).argmax())
    seen = at.seen[best]
    known = seen >= -memory.n_played
    copies = words[at.bars]
    if not told:
        features[N_BARS], known[-1], copies[N_BARS] = 0, False, NOTHING
    # After the last step there is nothing yet.
    after = np.where(known & (seen < -1), words[seen + 1], NOTHING)
    agreed = features[[*range(N_SEEN), best, N_BARS]]
    dense = np.concatenate(
        (
            rows[-1, : 2 * N_CLASSES],
            rows[seen[0], :N_CLASSES],
            rows[seen[N_SEEN], :N_CLASSES],
            place_table(n_steps)[place],
            known,
            agreed[:, 1],
            agreed[:, 2],
            (min(memory.n_played, 64) / 64,),
        ),
        dtype=np.float32,
    )
    here = np.where(known, words[seen], NOTHING)
    all_seen = np.concatenate((words[-1:], here, after))
    return Sight(all_seen, copies, features, dense, seen[:-1])


def _features(memory: Memory, at: _Distances) -> Floats:
    """Return how well each of the bars back matches: [17, 5]; all 0 where there is none."""
    words = memory.words
    likeness = _LIKENESS[words[_BACK], words[at.compared]]
    differs = np.ones((N_SOURCES, N_COMPARED + 1), np.bool_)
    np.not_equal(likeness, 1, out=differs[:, :-1])
    features = np.empty((N_SOURCES, N_COPY_FEATURES), np.float32)
    features[:, 0] = at.bars >= -memory.n_played
    features[:, 1] = _LENGTHS[differs.argmax(1)]
    features[:, 2] = near = likeness[:, :8].sum(1) / 8
    features[:, 3] = likeness.sum(1) / N_COMPARED
    features[:, 4] = near * near
    return features


def feel(memory: Memory, seen: Ints, n_steps: int) -> Floats:
    """Return how each class was played at this place before: [N_FEEL, 9]."""
    rows = memory.rows
    velocity_offset_hits = rows[_distances(n_steps).bars[:N_BARS]].sum(0).reshape(3, N_CLASSES)
    hits = velocity_offset_hits[2:]
    recent = memory.since <= min(N_BARS * n_steps, memory.n_played)
    return np.concatenate(
        (
            rows[seen].reshape(-1, N_CLASSES),
            (memory.hits * recent[:, None]).reshape(-1, N_CLASSES),
            velocity_offset_hits[:2] / np.maximum(hits, 1),
            hits / N_BARS,
        )
    )


def first_hits(hits: Iterable[Hit]) -> tuple[list[float], list[float]]:
    """Return velocity and offset [9] of each class's first hit among those of a step."""
    velocity, offset = [0.0] * N_CLASSES, [0.0] * N_CLASSES
    for drum, offset_bin, velocity_bin in hits:
        if not velocity[drum]:
            velocity[drum] = scaled_velocity(velocity_bin)
            offset[drum] = scaled_offset(offset_bin)
    return velocity, offset


def look_at_hit(word: int, drum: int, hits: Sequence[Hit], felt: Floats) -> Floats:
    """Observe a hit before it is drawn, as `observe_drums.observe_hits`: [N_HIT].

    `hits` are those of its step so far, `felt` [N_FEEL, 9] is how each class was played before.
    """
    same = [hit for hit in hits if hit[0] == drum]
    last = [0.0] * 4
    if same:
        _, offset_bin, velocity_bin = same[-1]
        more = len(same) > 1
        last = [1.0, scaled_velocity(velocity_bin), scaled_offset(offset_bin), more]
    earlier = [hit for hit in hits if hit[0] != drum]
    velocity, offset = first_hits(earlier)
    known = [*_BITS[word], *_BITS[bit(drum)], *velocity, *offset, *last]
    return np.concatenate((known, felt[:, drum]), dtype=np.float32)


_BITS = [[word >> place & 1 for place in reversed(range(N_CLASSES))] for word in range(N_WORDS)]
"""The classes of each word, from the first."""
