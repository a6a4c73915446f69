"""Whether an answer belongs to its call: the rank of the call, by what the answer is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.kind import Kind
from daw_bridge.evaluation.features import Excerpt
from daw_bridge.music.gm_drums import CLASS_OF, DRUM_CLASSES
from daw_bridge.music.time import SIXTEENTH

Floats = NDArray[np.float64]

BARS = 2
"""The bars of a call, and of its answer."""

AMONG = 20
"""How many calls are ranked."""

CHANCE = (AMONG + 1) / 2
"""The mean rank of a call by answers that have nothing to do with it."""

LEAST_NOTES = 4
"""A call or an answer of fewer notes says too little to be ranked by."""

N_PLACES = 16
"""A bar is parted into so many places, whatever its meter."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Two bars of a held-out piece, and the two that follow them there."""

    piece: Piece
    call: Excerpt
    answer: Excerpt


def calls_of(pieces: Sequence[Piece], count: int, seed: int) -> list[Call]:
    """Draw calls from pieces, from each in its turn, so that none is heard above the others."""
    draws = np.random.default_rng(seed)
    queues = [_calls_in(piece, draws) for piece in pieces]
    queues = [queues[i] for i in draws.permutation(len(queues)) if queues[i]]
    found: list[Call] = []
    while queues and len(found) < count:
        found += [queue.pop() for queue in queues]
        queues = [queue for queue in queues if queue]
    return found[:count]


def _calls_in(piece: Piece, draws: np.random.Generator) -> list[Call]:
    bars = piece.bars()
    ends = range(2 * BARS, len(bars) + 1, BARS)
    spans = [(bars[at - 2 * BARS : at - BARS], bars[at - BARS : at]) for at in ends]
    usable = [
        Call(piece, call, answer)
        for call, answer in spans
        if min(_notes(call), _notes(answer)) >= LEAST_NOTES
        and len({bar.meter for bar in (*call, *answer)}) == 1
    ]
    return [usable[i] for i in draws.permutation(len(usable))]


def _notes(bars: Excerpt) -> int:
    return sum(not note.tied for bar in bars for note in bar.notes)


def ranks(calls: Sequence[Call], answers: Sequence[Excerpt], kind: Kind, seed: int) -> Floats:
    """Return the rank [n] of each call among `AMONG`, the others drawn from other pieces.

    Features weigh the same, each measured by how far calls lie apart in it. Equal ones share a
    rank.
    """
    draws = np.random.default_rng(seed)
    ours = [features(each.call, kind) for each in calls]
    theirs = [features(answer, kind) for answer in answers]
    apart = np.mean([distances(a, b) for a in ours for b in ours], axis=0)
    apart[apart == 0] = 1  # in what all calls are alike, answers are all as far from each
    out = []
    for i, (call, answer) in enumerate(zip(calls, theirs, strict=True)):
        others = [j for j, each in enumerate(calls) if each.piece.name != call.piece.name]
        chosen = draws.permutation(others)[: AMONG - 1]
        far = np.array([(distances(answer, ours[j]) / apart).sum() for j in (i, *chosen)])
        out.append(1 + (far[1:] < far[0]).sum() + (far[1:] == far[0]).sum() / 2)
    return np.array(out)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What an excerpt is like.

    `rhythm` [16] is the share of what is struck at each place of the bar, `density` the logarithm
    of the notes a bar, `register` the mean pitch, or the share of the drums that are high, and
    `pitches` [12] the share of each pitch class, by its length, or [9] of each drum.
    """

    rhythm: Floats
    density: float
    register: float
    pitches: Floats


def features(bars: Excerpt, kind: Kind) -> Features:
    """Return what bars are like; where drums and pitched voices play, pitch is of the latter."""
    struck = [(n, bar.meter) for bar in bars for n in bar.notes if not n.tied]
    rhythm = np.zeros(N_PLACES)
    for note, meter in struck:
        place = round(note.start / SIXTEENTH) * SIXTEENTH * N_PLACES // meter.bar_length()
        rhythm[min(max(place, 0), N_PLACES - 1)] += 1
    drums = kind == "drums"
    pitches = np.zeros(len(DRUM_CLASSES) if drums else 12)
    heights: list[float] = []
    for bar in bars:
        for note in bar.notes:
            if drums and note.pitch in CLASS_OF:
                pitches[CLASS_OF[note.pitch]] += 1
                heights.append(CLASS_OF[note.pitch] not in LOW)
            elif not drums and (kind != "chip" or note.voice < NOISE):
                pitches[note.pitch % 12] += note.duration
                heights.append(note.pitch)
    return Features(
        rhythm / max(rhythm.sum(), 1),
        float(np.log(max(len(struck), 1) / len(bars))),
        float(np.mean(heights)) if heights else 0.0,
        pitches / max(pitches.sum(), 1),
    )


NOISE = 3
LOW = frozenset(
    number
    for number, each in enumerate(DRUM_CLASSES)
    if each.name in ("kick", "snare") or "tom" in each.name
)


def distances(a: Features, b: Features) -> Floats:
    """Return how far two excerpts lie apart: in rhythm, density, register and pitch classes."""
    return np.array(
        [
            np.abs(a.rhythm - b.rhythm).sum(),
            abs(a.density - b.density),
            abs(a.register - b.register),
            np.abs(a.pitches - b.pitches).sum(),
        ]
    )
