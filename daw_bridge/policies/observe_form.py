"""What a network observes of form: what a bar is told to be, and how bars have repeated so far.

Labels of real bars are worked out from their steps, of which equal ones have equal ids. In play a
planner gives them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.form import FARTHEST, PHRASE, Kind, Label

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

COUNTED = 8
"""How many bars back repeats are counted."""

_N_KINDS = len(Kind) - 1
_PLACES = (PHRASE, PHRASE // 2, PHRASE // 4)

KIND = slice(0, _N_KINDS)
STANDS = slice(_N_KINDS, _N_KINDS + sum(_PLACES) + 2)
"""Of the features: what a bar is, and where it stands.

The rest is how bars have repeated.
"""

N_FORM = STANDS.stop + 2

NO_FORM = np.zeros(N_FORM, np.float32)

LIKE = 0.5
"""The share of steps from which on a bar is a varied return, of those in which notes begin."""


class Labels(NamedTuple):
    """What each bar of a piece is: `kind` [b], and how many bars `back` [b] what returns lies."""

    kind: Ints
    back: Ints


def label_bars(ids: Ints, begins: Bools, first: Ints) -> Labels:
    """Work out what the bars of a piece are.

    `ids` [n] are those of its steps, `begins` [n] says where notes begin, `first` [b] is the first
    step of each bar. Returns are looked for as far back as bars are equally long.
    """
    length = np.diff(first, append=len(ids))
    place = np.arange(int(length.max(initial=1)))
    inside = place < length[:, None]
    at = np.minimum(first[:, None] + place, len(ids) - 1)
    steps, struck = np.where(inside, ids[at], -1), begins[at] & inside
    n = len(first)
    kind, back, best = np.full(n, int(Kind.NEW)), np.zeros(n, np.int64), np.full(n, LIKE)
    for lag in range(1, min(FARTHEST, n - 1) + 1):
        same = steps[lag:] == steps[:-lag]
        counted = struck[lag:] | struck[:-lag]
        likeness = (same & counted).sum(1) / np.maximum(counted.sum(1), 1)
        likeness += same.all(1)  # before any other
        likeness *= (length[lag:] == length[:-lag]) & (
            first[lag:] - first[:-lag] == lag * length[lag:]
        )
        better = likeness > best[lag:]
        best[lag:][better], back[lag:][better] = likeness[better], lag
        kind[lag:][better] = np.where(likeness[better] > 1, int(Kind.EXACT), int(Kind.VARIED))
    silent = ~struck.any(1)
    kind[silent], back[silent] = int(Kind.REST), 0
    return Labels(kind, back)


def form_features(label: Label, played: Ints, n_steps: int) -> Floats:
    """Return what is told of a bar of `n_steps`, and how bars repeated before it: [N_FORM].

    `played` are the ids of what was played, the last first.
    """
    out = np.zeros(N_FORM, np.float32)
    if label.kind:
        out[label.kind - 1] = 1
    if label.phrase is not None:
        at = STANDS.start
        for size in _PLACES:
            out[at + label.phrase % size] = 1
            at += size
    if label.left is not None and label.left < 2:
        out[STANDS.stop - 2 + label.left] = 1
    out[STANDS.stop :] = repeats(last_bars(played, n_steps))
    return out


def last_bars(ids: Ints, n_steps: int) -> list[bytes]:
    """Return what was played in the last whole bars of `n_steps`; `ids` have the last first."""
    whole = min(len(ids) // n_steps, COUNTED)
    return [row.tobytes() for row in ids[: whole * n_steps].reshape(whole, n_steps)]


def repeats(bars: list[bytes]) -> tuple[float, float]:
    """Return how long the last bar has run, and how many of the last eight are others, as shares.

    `bars` are what was played, the last first; equal bars are equal.
    """
    known = bars[:COUNTED]
    ran = 0
    while ran + 1 < len(known) and known[ran] == known[ran + 1]:
        ran += 1
    return ran / COUNTED, len(set(known)) / COUNTED


def labels_of(ids: Ints, begins: Bools, first: Ints) -> list[Label]:
    """Label the bars of a whole piece, as `label_bars`; it begins a phrase, and ends."""
    kind, back = label_bars(ids, begins, first)
    pairs = enumerate(zip(kind.tolist(), back.tolist(), strict=True))
    return [Label(Kind(k), lag, b % PHRASE, len(first) - 1 - b) for b, (k, lag) in pairs]


class Form(NamedTuple):
    """What is told of a whole piece: of each step `features` [n, N_FORM], and the step `told` [n].

    The latter is the one at the same place of the bar that returns, -1 for none. `labels` are of
    the bars.
    """

    features: Floats
    told: Ints
    labels: tuple[Label, ...] = ()

    @classmethod
    def of_none(cls, n: int) -> Form:
        """Return the form of n steps of which nothing is told."""
        return cls(np.zeros((n, N_FORM), np.float32), np.full(n, -1))


def observe_form(ids: Ints, begins: Bools, first: Ints) -> Form:
    """Observe the form of a whole piece, of which all is as in `label_bars`; no bars, no form."""
    n = len(ids)
    if not len(first):
        return Form.of_none(n)
    labels, length = labels_of(ids, begins, first), np.diff(first, append=n)
    rows = [
        form_features(label, ids[:at][::-1], size)
        for label, at, size in zip(labels, first.tolist(), length.tolist(), strict=True)
    ]
    lag = np.repeat([label.back for label in labels] * length, length)
    told = np.where(lag > 0, np.arange(n) - lag, -1)
    return Form(np.repeat(np.stack(rows), length, 0), told, tuple(labels))
