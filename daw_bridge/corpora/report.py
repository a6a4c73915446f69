"""What a folder of music holds, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.duplicates import Duplicate, find_duplicates
from daw_bridge.corpora.pieces import PITCH, START, TIED, VELOCITY, Corpus, Piece, damaged
from daw_bridge.music.time import SIXTEENTH

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What was counted: of pieces, and of every note that is struck.

    `offsets_ms` are distances from the nearest 16th at each piece's tempo; `unmapped` counts drum
    notes that are no known drum, by MIDI number.
    """

    pieces: int
    bars: int
    notes: int
    empty_bars: int
    splits: Mapping[str, int]
    meters: Mapping[str, int]
    conditions: Mapping[str, Mapping[str, int]]
    tempos_qpm: Values
    bars_a_piece: Values
    notes_a_bar: Values
    velocities: Values
    offsets_ms: Values
    pitches: Values
    unmapped: Mapping[int, int]
    duplicates: tuple[Duplicate, ...]
    skipped: tuple[tuple[str, str], ...]
    damaged: tuple[tuple[str, str], ...]


def count(corpus: Corpus) -> Counts:
    """Count what a corpus holds, and look for duplicates in it."""
    pieces = corpus.pieces
    struck = [piece.notes[piece.notes[:, TIED] == 0] for piece in pieces]
    sixteenths = [
        rows[:, START] - np.rint(rows[:, START] / SIXTEENTH) * SIXTEENTH for rows in struck
    ]
    ms = [o * 60_000 / (480 * p.tempo_qpm) for o, p in zip(sixteenths, pieces, strict=True)]
    a_bar = [
        np.bincount(rows[:, 0], minlength=p.n_bars) for rows, p in zip(struck, pieces, strict=True)
    ]
    unmapped: Counter[int] = Counter()
    for piece in pieces:
        unmapped.update(piece.unmapped)
    return Counts(
        pieces=len(pieces),
        bars=sum(piece.n_bars for piece in pieces),
        notes=sum(map(len, struck)),
        empty_bars=int(sum((counts == 0).sum() for counts in a_bar)),
        splits=_tally(piece.split or "none stated" for piece in pieces),
        meters=_meters(pieces),
        conditions=_conditions(pieces),
        tempos_qpm=np.array([piece.tempo_qpm for piece in pieces]),
        bars_a_piece=np.array([piece.n_bars for piece in pieces], np.float64),
        notes_a_bar=_joined(a_bar),
        velocities=_joined([rows[:, VELOCITY] for rows in struck]),
        offsets_ms=_joined(ms),
        pitches=_joined([rows[:, PITCH] for rows in struck]),
        unmapped=dict(unmapped.most_common()),
        duplicates=tuple(find_duplicates(pieces)),
        skipped=corpus.skipped,
        damaged=damaged(pieces),
    )


def spreads(counts: Counts) -> dict[str, Values]:
    """Return every value that was counted, by what it is and its unit."""
    return {
        "tempo, quarters a minute": counts.tempos_qpm,
        "bars a piece": counts.bars_a_piece,
        "notes a bar": counts.notes_a_bar,
        "velocity": counts.velocities,
        "from the nearest 16th, ms": counts.offsets_ms,
        "pitch, MIDI number": counts.pitches,
    }


def _meters(pieces: Sequence[Piece]) -> dict[str, int]:
    pairs = [tuple(pair) for piece in pieces for pair in piece.meters.tolist()]
    return {f"{top}/{bottom}": n for (top, bottom), n in Counter(pairs).items()}


def _conditions(pieces: Sequence[Piece]) -> dict[str, dict[str, int]]:
    names = sorted({name for piece in pieces for name in piece.conditions})
    return {
        name: _tally(p.conditions[name] for p in pieces if name in p.conditions) for name in names
    }


def _tally(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words))


def _joined(parts: Sequence[NDArray[np.generic]]) -> Values:
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64)
