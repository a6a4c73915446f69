"""What a network that looks back observes of the drums so far.

Drums repeat, so a network is shown, for the step to come, what was played one and more bars
before at the same place, what came after it there, and how well the music since then has agreed
with the music before that place. One function, `observe`, builds this from arrays of
steps, over a whole piece; in play `recall_drums` does, a step at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS
from daw_bridge.policies.observe_form import N_FORM, Form
from daw_bridge.policies.observe_place import N_PLACE

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

N_BARS = 16
"""How many bars back are compared and may be copied from."""

N_SEEN = 4
"""How many of the nearest of them are always seen; the best matching one is seen as well."""

N_SOURCES = N_BARS + 1
"""The bars that may be copied from: these, and the one that is told to return."""

N_WORDS_SEEN = 1 + 2 * (N_SEEN + 2)
"""The last word, and two of each bar that is seen: the best matching and the told one as well."""

N_COMPARED = 32
"""How many steps back the comparison goes."""

NOTHING = N_WORDS
"""The word that stands where there is none: before the piece."""


_HITS = ((np.arange(N_WORDS)[:, None] >> np.arange(N_CLASSES)) & 1).sum(1)


@dataclass(frozen=True, slots=True)
class Steps:
    """What was played, a row each step.

    `words` int64 [n]; `velocity` and `offset` float32 [n, 9] of the first hit of each class:
    velocity in 0..1 and 0 where there is none; offset in half steps, -1..1.
    """

    words: Ints
    velocity: Floats
    offset: Floats


_BLANK = Steps(
    np.zeros(1, np.int64),
    np.zeros((1, N_CLASSES), np.float32),
    np.zeros((1, N_CLASSES), np.float32),
)


class Observation(NamedTuple):
    """What is observed before each of n steps.

    `words` int64 [n, 13]: the last step's, then at each of four bars back, the best matching one
    and the told one the word at the step's place, then those after them. `copies` int64 [n, 17] and
    `copy_features` float32 [n, 17, 5]: what may be copied, from the nearest bar, and how well it
    matches (all 0 where there is no such bar). `dense` float32 [n, N_DENSE]: everything else that
    is a number. `feel` float32 [n, 9, N_FEEL]: for each class, how it was played at this place.
    """

    words: Ints
    copies: Ints
    copy_features: Floats
    dense: Floats
    feel: Floats


N_RECENT = 15
"""How many words before a step its hits are shown as they were."""

N_COPY_FEATURES = 5
N_DENSE = 4 * N_CLASSES + N_PLACE + 3 * (N_SEEN + 2) + 1 + N_FORM
N_FEEL = 3 * (N_SEEN + 4)
N_HIT = 4 * N_CLASSES + 4 + N_FEEL
N_BEFORE = N_RECENT * N_CLASSES

DENSE_FEEL = slice(0, 4 * N_CLASSES)
HIT_FEEL = slice(2 * N_CLASSES, N_HIT)
"""The columns of `Observation.dense` and of `observe_hits` that tell velocities and offsets.

All 0 says that hits were heard without their feel, as in drum text.
"""


DENSE_FORM = slice(N_DENSE - N_FORM, N_DENSE)
DENSE_TOLD = [4 * N_CLASSES + N_PLACE + k * (N_SEEN + 2) - 1 for k in (1, 2, 3)]
WORDS_TOLD = [N_SEEN + 2, N_WORDS_SEEN - 1]
"""The columns that tell of form, and those of the bar that is told to return."""


def reach(n_steps: int) -> int:
    """Return how many steps back `observe` looks in bars of `n_steps`, but for what is told."""
    return N_BARS * n_steps + N_COMPARED


def observe(
    past: Steps, at: Ints, places: Floats, n_steps: Ints, form: Form | None = None
) -> Observation:
    """Observe the music before the steps `at` [n] of a piece.

    `past` must reach from the piece's start, or `reach(n_steps)` steps back; only what comes before
    a step is used for it. `places` [n, N_PLACE] say where in its bar the step is, `n_steps` [n] how
    many steps the bar has.
    """
    if not len(past.words):
        past = _BLANK  # a row to point at; nothing of it is used
    form = form or Form.of_none(len(at))
    bars = at[:, None] - n_steps[:, None] * np.arange(1, N_BARS + 1)
    source = np.concatenate([bars, form.told[:, None]], 1)
    exists = source >= 0
    run, near, far = _matches(past.words, at, source)
    best = np.argmax(((near + far) * exists)[:, :N_BARS], 1)
    rows_of = np.arange(len(at)), best, None
    seen = np.concatenate([source[:, :N_SEEN], source[rows_of], source[:, N_BARS:]], 1)
    before = at[:, None] - 1
    after = np.where((seen >= 0) & (seen + 1 < at[:, None]), seen + 1, -1)
    words = _words_at(past.words, np.concatenate([before, seen, after, source], 1))
    rows = _rows_at(past, np.concatenate([before, seen[:, :-1], bars], 1))
    features = np.stack([exists, run, near, far, near * near], 2) * exists[:, :, None]
    copied = np.concatenate([features[:, :N_SEEN], features[rows_of], features[:, N_BARS:]], 1)[
        :, :, 1:3
    ]
    dense = np.concatenate(
        [
            rows[:, 0, : 2 * N_CLASSES],
            rows[:, 1, :N_CLASSES],
            rows[:, N_SEEN + 1, :N_CLASSES],
            places,
            seen >= 0,
            copied[:, :, 0],
            copied[:, :, 1],
            np.minimum(at[:, None], 64) / 64,
            form.features,
        ],
        1,
        dtype=np.float32,
    )
    return Observation(
        words[:, :N_WORDS_SEEN],
        words[:, N_WORDS_SEEN:],
        features.astype(np.float32),
        dense,
        _feel(past, rows[:, 1:], _last_hits(past.velocity, at, bars[:, -1])),
    )


def recent(words: Ints) -> Ints:
    """Return the words before each step of a piece [n], the last one first: [n, N_RECENT]."""
    back = np.arange(len(words))[:, None] - np.arange(1, N_RECENT + 1)
    return _words_at(words, back)


def _words_at(words: Ints, index: Ints) -> Ints:
    return np.where(index >= 0, words[np.maximum(index, 0)], NOTHING)


def _rows_at(past: Steps, index: Ints) -> Floats:
    """Return velocity, offset and whether there was a hit, 9 of each: [n, k, 27]; 0 for no step."""
    rows = np.concatenate([past.velocity, past.offset, past.velocity > 0], 1, dtype=np.float32)
    return rows[np.maximum(index, 0)] * (index >= 0)[:, :, None]


def _matches(words: Ints, at: Ints, source: Ints) -> tuple[Floats, Floats, Floats]:
    """Compare the steps before `at` with those before each source: [n, N_SOURCES] each.

    Gives the length of the exact match (1 is N_COMPARED steps) and the mean likeness of the last
    eight and of all compared steps. Likeness of two words is shared hits by all hits.
    """
    back = np.arange(1, N_COMPARED + 1)
    here = at[:, None] - back
    there = source[:, :, None] - back
    known = there >= 0
    ours = words[np.maximum(here, 0)][:, None, :]
    theirs = words[np.maximum(there, 0)]
    likeness = LIKENESS[ours, theirs] * known
    run = np.cumprod(likeness == 1, 2, dtype=np.float32).sum(2)
    near = likeness[:, :, :8].sum(2) / 8
    far = likeness.sum(2) / N_COMPARED
    return np.log1p(run) / np.float32(np.log1p(N_COMPARED)), near, far


def _likeness() -> Floats:
    words = np.arange(N_WORDS)
    shared = _HITS[words[:, None] & words]
    either = _HITS[words[:, None] | words]
    return np.where(either == 0, 1, shared / np.maximum(either, 1)).astype(np.float32)


LIKENESS = _likeness()
"""Of any two words: 1 for the same."""


def _feel(past: Steps, rows: Floats, last: tuple[Ints, Ints]) -> Floats:
    """Return how each class was played before: [n, 9, N_FEEL].

    Three numbers (velocity, offset, whether there was a hit) at the seen places, at the last two
    hits of the class, and the mean over all bars back.
    """
    seen, bars = rows[:, : N_SEEN + 1], rows[:, N_SEEN + 1 :]
    sums = bars.sum(1).reshape(-1, 3, N_CLASSES)
    hits = sums[:, 2:]
    means = np.concatenate([sums[:, :2] / np.maximum(hits, 1), hits / N_BARS], 1)
    played = seen.reshape(len(rows), -1, N_CLASSES)
    latest = [part for index in last for part in _hits_at(past, index)]
    parts = np.concatenate([played, np.stack(latest, 1), means], 1)
    return parts.transpose(0, 2, 1).astype(np.float32)


def _last_hits(velocity: Floats, at: Ints, horizon: Ints) -> tuple[Ints, Ints]:
    """Return the last two steps before `at`, back to `horizon`, at which each class was hit.

    -1 stands for none; [n, 9] each.
    """
    index = np.where(velocity > 0, np.arange(len(velocity))[:, None], -1)
    none = np.full((1, N_CLASSES), -1)
    latest = np.concatenate([none, np.maximum.accumulate(index, 0)])
    last = latest[at]
    before = np.where(last >= 0, np.take_along_axis(latest, np.maximum(last, 0), 0), -1)
    old = horizon[:, None]
    return np.where(last >= old, last, -1), np.where(before >= old, before, -1)


def _hits_at(past: Steps, index: Ints) -> tuple[Floats, Floats, Floats]:
    known = (index >= 0).astype(np.float32)
    drums = np.arange(N_CLASSES)
    index = np.maximum(index, 0)
    return past.velocity[index, drums] * known, past.offset[index, drums] * known, known


class HitsSoFar(NamedTuple):
    """What has been drawn of its step, for each of n hits.

    `words` and `drums` int64 [n] are the word of the step and the hit's class. `velocity` and
    `offset` float32 [n, 9] are of the step's first hits, of which those of earlier classes are
    used. `same` float32 [n, 4] is the hit of the same class before it in the same step: whether
    there is one, its velocity and offset, whether there is another before that.
    """

    words: Ints
    drums: Ints
    velocity: Floats
    offset: Floats
    same: Floats


def observe_hits(hits: HitsSoFar, feel: Floats) -> Floats:
    """Return what is known of hits before they are drawn: float32 [n, N_HIT].

    `feel` [n, N_FEEL] is how each hit's class was played at its place before.
    """
    bits = (hits.words[:, None] >> np.arange(N_CLASSES - 1, -1, -1)) & 1
    earlier = np.arange(N_CLASSES) < hits.drums[:, None]
    drums = np.eye(N_CLASSES)[hits.drums]
    parts = [bits, drums, hits.velocity * earlier, hits.offset * earlier, hits.same, feel]
    return np.concatenate(parts, 1).astype(np.float32)
