"""What is counted of each bar of some music, as columns: windows of any length are sums of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.voices import NOISE
from daw_bridge.encoding.drum_classes import N_CLASSES
from daw_bridge.encoding.kind import Kind
from daw_bridge.music.form import Heard, heard_as
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH

Ints = NDArray[np.int64]
_RAISED = (9, 11)
"""The sixth and seventh degree of minor as melodies raise them, in semitones."""


@dataclass(frozen=True, slots=True, eq=False)
class BarTable:
    """Columns of bars [n]: `first` numbers the first bar that is the same.

    `notes` are struck, `velocity` is the sum of theirs, `classes` [n, 12] count their pitch
    classes; `sounding` and `in_key` are ticks, those of the notes of the key that was told. Drums
    count in none of the last three.
    """

    first: Ints
    notes: Ints
    velocity: Ints
    classes: Ints
    sounding: Ints
    in_key: Ints

    @classmethod
    def of(cls, bars: Sequence[Bar], kind: Kind, key: Key | None = None) -> BarTable:
        """Count the bars of a piece, or of a jam."""
        known = frozenset[int]() if key is None else classes_of(key)
        rows = [_row(bar, known, kind) for bar in bars]
        notes, velocity, classes, sounding, in_key = zip(*rows, strict=True) if rows else [()] * 5
        return cls(
            first_same(bars, drums=kind == "drums"),
            np.array(notes, np.int64),
            np.array(velocity, np.int64),
            np.array(classes, np.int64).reshape(-1, 12),
            np.array(sounding, np.int64),
            np.array(in_key, np.int64),
        )

    def __len__(self) -> int:
        return len(self.first)

    def part(self, begin: int, end: int) -> BarTable:
        """Return the bars `begin`..`end`."""
        return BarTable(*(getattr(self, each.name)[begin:end] for each in fields(self)))


def first_same(bars: Iterable[Bar], *, drums: bool) -> Ints:
    """Return for each bar the number of the first one that is the same [n]."""
    seen: dict[Heard, int] = {}
    numbers = (seen.setdefault(heard_as(bar, drums=drums), i) for i, bar in enumerate(bars))
    return np.fromiter(numbers, np.int64)


def grid(bar: Bar) -> NDArray[np.bool_]:
    """Return which of the nine drums is struck in which 16th [n_steps, 9]."""
    out = np.zeros((bar.meter.steps(), N_CLASSES), np.bool_)
    for note in bar.notes:
        if note.pitch in CLASS_OF:
            step = (note.start + SIXTEENTH // 2) // SIXTEENTH
            out[min(max(step, 0), len(out) - 1), CLASS_OF[note.pitch]] = True
    return out


def classes_of(key: Key) -> frozenset[int]:
    """Return the pitch classes of a key; minor has a raised sixth and seventh as well."""
    raised = _RAISED if key.scale == "minor" else ()
    return key.pitch_classes() | {(key.tonic + degree) % 12 for degree in raised}


def is_drum(note: Note, kind: Kind) -> bool:
    """Whether a note is one of drums: of drums all are, of a chip those of its noise."""
    return kind == "drums" or (kind == "chip" and note.voice == NOISE)


def _row(bar: Bar, known: frozenset[int], kind: Kind) -> tuple[int, int, list[int], int, int]:
    struck = [note for note in bar.notes if not note.tied]
    pitched = [note for note in bar.notes if not is_drum(note, kind)]
    classes = [0] * 12
    for note in pitched:
        classes[note.pitch % 12] += not note.tied
    return (
        len(struck),
        sum(note.velocity for note in struck),
        classes,
        sum(note.duration for note in pitched),
        sum(note.duration for note in pitched if note.pitch % 12 in known),
    )
