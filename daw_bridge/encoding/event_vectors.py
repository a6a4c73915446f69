"""A performance as rows of numbers: its notes and its control changes, an event a row.

The columns are time, is_note, pitch, velocity, duration, control value, and then one for each
control number of a data set, of which a control change marks one. `midi2vec` and `vec2midi` are
exact inverses: what goes in comes out, to the bit, in whatever unit time is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.midi.controls import Control
from daw_bridge.midi.files import FileNote

Vectors = NDArray[np.float64]

TIME, IS_NOTE, PITCH, VELOCITY, DURATION, VALUE, N_FIXED = range(7)
"""The columns; from `N_FIXED` on there is one for each control number."""


@dataclass(frozen=True, slots=True, order=True)
class EventNote:
    """A note; `time` and `duration` are seconds or ticks, as its performance has them."""

    time: float
    pitch: int
    velocity: int
    duration: float


@dataclass(frozen=True, slots=True, order=True)
class EventControl:
    """A control change: at `time` the control of a `number` goes to `value`."""

    time: float
    number: int
    value: int


@dataclass(frozen=True, slots=True)
class Performance:
    """What one instrument plays: notes and control changes, each in order."""

    notes: tuple[EventNote, ...] = ()
    controls: tuple[EventControl, ...] = ()

    @classmethod
    def of(cls, notes: Iterable[EventNote], controls: Iterable[EventControl] = ()) -> Performance:
        """Build a performance of events in any order."""
        return cls(tuple(sorted(notes)), tuple(sorted(controls)))

    @classmethod
    def of_file(cls, notes: Iterable[FileNote], controls: Iterable[Control]) -> Performance:
        """Build a performance of what a MIDI file says, in ticks, channels together."""
        return cls.of(
            (EventNote(n.start, n.pitch, n.velocity, n.duration) for n in notes),
            (EventControl(c.tick, c.number, c.value) for c in controls),
        )

    @classmethod
    def of_pretty_midi(cls, instrument: Any) -> Performance:
        """Build a performance of an instrument of PrettyMIDI, in seconds."""
        return cls.of(
            (EventNote(n.start, n.pitch, n.velocity, n.end - n.start) for n in instrument.notes),
            (EventControl(c.time, c.number, c.value) for c in instrument.control_changes),
        )


def control_numbers(performances: Iterable[Performance]) -> tuple[int, ...]:
    """Return the control numbers of a data set, in order: what its vectors have columns for."""
    return tuple(sorted({c.number for each in performances for c in each.controls}))


def midi2vec(performance: Performance, numbers: Sequence[int]) -> Vectors:
    """Return a performance as rows [n_events, 6 + n_numbers], in the order of their times.

    Raises:
        ValueError: it has a control that is none of `numbers`.
    """
    notes, controls = performance.notes, performance.controls
    columns = {number: N_FIXED + i for i, number in enumerate(numbers)}
    rows = np.zeros((len(notes) + len(controls), N_FIXED + len(numbers)))
    for row, note in zip(rows, notes, strict=False):
        row[:VALUE] = note.time, 1, note.pitch, note.velocity, note.duration
    for row, control in zip(rows[len(notes) :], controls, strict=True):
        if control.number not in columns:
            raise ValueError(f"expected controls {tuple(numbers)}, found {control.number}")
        row[[TIME, VALUE, columns[control.number]]] = control.time, control.value, 1
    # At one time controls come first: a pedal that goes down holds the notes that begin with it.
    return rows[np.lexsort((rows[:, IS_NOTE], rows[:, TIME]))]


def vec2midi(rows: Vectors, numbers: Sequence[int]) -> Performance:
    """Return the performance of rows as `midi2vec` makes them, in any order.

    Raises:
        ValueError: there is another count of columns, or a row is neither a note nor a control.
    """
    if rows.ndim != 2 or rows.shape[1] != N_FIXED + len(numbers):
        found = f"{list(rows.shape)}"
        raise ValueError(f"expected rows [n, {N_FIXED + len(numbers)}], found {found}")
    is_note, marks = rows[:, IS_NOTE], rows[:, N_FIXED:]
    one = ((marks == 0) | (marks == 1)).all(1) & (marks.sum(1) == 1)
    note = (is_note == 1) & (rows[:, VALUE:] == 0).all(1)
    control = (is_note == 0) & (rows[:, PITCH:VALUE] == 0).all(1) & one
    if wrong := np.flatnonzero(~(note | control)).tolist():
        raise ValueError(f"expected a note or a control, found neither in row {wrong[0]}")
    return Performance.of(
        (
            EventNote(time, int(pitch), int(velocity), duration)
            for time, _, pitch, velocity, duration, *_ in rows[note].tolist()
        ),
        (
            EventControl(row[TIME], numbers[row.index(1, N_FIXED) - N_FIXED], int(row[VALUE]))
            for row in rows[control].tolist()
        ),
    )


def rand_midi(
    seed: int,
    numbers: Sequence[int] = (),
    *,
    notes: int = 64,
    controls: int = 0,
    length: int = 7680,
) -> Performance:
    """Return random music, of which nothing was learnt: the baseline that any model must beat.

    Pitch, velocity, time, duration and control are each drawn evenly; `length` is in ticks.
    """
    rng = np.random.default_rng(seed)
    of_notes = rng.integers((0, 0, 1, 1), (length, 128, 128, length // 4), (notes, 4))
    of_controls = rng.integers(0, (length, max(len(numbers), 1), 128), (controls, 3))
    return Performance.of(
        (EventNote(*row) for row in of_notes.tolist()),
        (EventControl(time, numbers[i], value) for time, i, value in of_controls.tolist()),
    )
