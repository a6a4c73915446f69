"""Pieces of music as tables of notes: quick to read, compare, keep and hand between processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, USUAL_QPM, Meter, Ticks

BAR, START, PITCH, DURATION, VELOCITY, VOICE, TIED = range(7)
"""The columns of a table of notes; `START` counts from the bar that `BAR` numbers."""

NoteTable = NDArray[np.int32]

RUSH = Ticks(SIXTEENTH // 2)
"""A note that starts this much before a bar line, or less, belongs to the bar it announces."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One piece: `notes` [n, 7] by bar and start, `meters` [n_bars, 2], what is known of it.

    `split` is "train", "valid", "test", or "" where the corpus does not say; `conditions` are words
    such as style or key; `unmapped` counts the drum notes that are no known drum, by MIDI number;
    `damage` says what of its file could not be read, or ""; `weights` how often it is learnt in an
    epoch, and in one of the last.
    """

    name: str
    notes: NoteTable
    meters: NDArray[np.int16]
    tempo_qpm: float = USUAL_QPM
    split: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    unmapped: Mapping[int, int] = field(default_factory=dict)
    damage: str = ""
    weights: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def of(cls, name: str, bars: Sequence[Bar], **about: Any) -> Piece:
        """Build a piece of bars; `about` is what else is known of it."""
        rows = [
            (number, n.start, n.pitch, n.duration, n.velocity, n.voice, n.tied)
            for number, bar in enumerate(bars)
            for n in bar.notes
        ]
        meters = [(bar.meter.numerator, bar.meter.denominator) for bar in bars]
        notes = np.array(rows, np.int32).reshape(-1, 7)
        return cls(name, notes, np.array(meters, np.int16).reshape(-1, 2), **about)

    @property
    def n_bars(self) -> int:
        """Count the bars."""
        return len(self.meters)

    def excerpt(self, first: int, end: int) -> Piece:
        """Return the bars `first`..`end` as a piece."""
        number = self.notes[:, BAR]
        notes = self.notes[(number >= first) & (number < end)].copy()
        notes[:, BAR] -= first
        return replace(self, notes=notes, meters=self.meters[first:end])

    def bars(self) -> list[Bar]:
        """Build the bars as policies and sessions know them."""
        notes: list[list[Note]] = [[] for _ in range(self.n_bars)]
        for bar, start, pitch, duration, velocity, voice, tied in self.notes.tolist():
            notes[bar].append(
                Note(Ticks(start), pitch, Ticks(duration), velocity, voice, bool(tied))
            )
        meters = {pair: Meter(*pair) for pair in set(map(tuple, self.meters.tolist()))}
        return [
            Bar.of(inside, meters[tuple(pair)])
            for inside, pair in zip(notes, self.meters.tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Pieces, and the sources that gave none, each with the reason."""

    pieces: tuple[Piece, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    def split(self, name: str) -> tuple[Piece, ...]:
        """Return the pieces of a split."""
        return tuple(piece for piece in self.pieces if piece.split == name)


def damaged(pieces: Iterable[Piece]) -> tuple[tuple[str, str], ...]:
    """Name the pieces of damaged files, each with what could not be read."""
    return tuple((piece.name, piece.damage) for piece in pieces if piece.damage)


def rests_cut(notes: NoteTable, meters: NDArray[np.int16]) -> tuple[NoteTable, NDArray[np.int16]]:
    """Leave out empty bars at both ends, and all but the first of empty bars on end.

    A singer who waits for the piano to finish is no music to learn a melody from, and a model that
    has learnt to wait falls silent in a jam.
    """
    sounds = np.bincount(notes[:, BAR], minlength=len(meters)) > 0
    after_sound = np.append([False], sounds[:-1])
    kept = (sounds | after_sound) & (
        np.arange(len(meters)) <= np.flatnonzero(sounds).max(initial=-1)
    )
    out = notes.copy()
    out[:, BAR] = (np.cumsum(kept) - 1)[notes[:, BAR]]
    return out, meters[kept]


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Notes before they are cut into bars: columns of one length, ticks from the start."""

    onset: NDArray[np.int64]
    pitch: NDArray[np.int64]
    duration: NDArray[np.int64]
    velocity: NDArray[np.int64]
    voice: NDArray[np.int64]

    @classmethod
    def of(cls, *columns: ArrayLike) -> Events:
        """Build events from what numpy takes for columns; all but the first may be one number."""
        onset = np.asarray(columns[0], dtype=np.int64)
        rest = [
            np.broadcast_to(np.asarray(column, np.int64), onset.shape) for column in columns[1:]
        ]
        return cls(onset, *rest)

    def __len__(self) -> int:
        return len(self.onset)

    def where(self, mask: NDArray[np.bool_]) -> Events:
        """Keep the events that a mask marks."""
        return Events(*(getattr(self, name)[mask] for name in self.__slots__))

    @classmethod
    def join(cls, parts: list[Events]) -> Events:
        """Put events one behind the other."""
        if not parts:
            return cls.of([], [], [], [], [])
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in cls.__slots__))


def bar_lines(
    meters: list[tuple[int, Meter]], end: int
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return the ticks of bar lines up to `end` [n + 1] and the meter of each bar [n, 2].

    `meters` are changes as (tick, meter). A change inside a bar cuts that bar short: the next one
    begins at the change.
    """
    changes = dict(sorted(meters)) or {0: Meter()}
    ticks = sorted(changes)
    if ticks[0] > 0:
        changes[0] = changes[ticks[0]]
        ticks.insert(0, 0)
    lines: list[NDArray[np.int64]] = []
    pairs: list[tuple[int, int]] = []
    for tick, until in zip(ticks, [*ticks[1:], max(end, ticks[-1] + 1)], strict=True):
        meter = changes[tick]
        starts = np.arange(tick, until, meter.bar_length(), dtype=np.int64)
        lines.append(starts)
        pairs += [(meter.numerator, meter.denominator)] * len(starts)
    last = lines[-1][-1] + changes[ticks[-1]].bar_length()
    return np.concatenate([*lines, [last]]), np.array(pairs, dtype=np.int16).reshape(-1, 2)


def cut(
    events: Events, meters: list[tuple[int, Meter]], *, held: bool, rush: int = RUSH
) -> tuple[NoteTable, NDArray[np.int16]]:
    """Cut events into bars: a table of notes [n, 7] and the meter of each bar.

    A note belongs to the bar whose line it is nearest to within `rush`, else to the bar it starts
    in. With `held`, what sounds over a bar line goes on as a tied note in the next bar; without
    (drums), it stops there.
    """
    if not len(events):
        return np.zeros((0, 7), np.int32), np.zeros((0, 2), np.int16)
    lines, pairs = bar_lines(meters, int(events.onset.max()) + rush + 1)
    bar = np.searchsorted(lines, events.onset + rush, side="right") - 1
    start = events.onset - lines[bar]
    end = np.maximum(events.duration, 1) + start
    columns = [bar, start, events.pitch, end, events.velocity, events.voice, np.zeros_like(bar)]
    table = np.stack(columns, axis=1)
    done: list[NDArray[np.int64]] = []
    while len(table):
        if int(table[:, BAR].max()) + 1 >= len(lines):  # what sounds on after the last onset
            lines = np.append(lines, 2 * lines[-1] - lines[-2])
            pairs = np.concatenate([pairs, pairs[-1:]])
        length = lines[table[:, BAR] + 1] - lines[table[:, BAR]]
        over = table[:, DURATION] > length + (RUSH if held else 0)
        rest = table[over]
        rest[:, DURATION] -= length[over]
        rest[:, BAR] += 1
        rest[:, START], rest[:, TIED] = 0, 1
        table[:, DURATION] = np.minimum(table[:, DURATION], length) - table[:, START]
        done.append(table)
        table = rest if held else rest[:0]
    out = np.concatenate(done)
    # A rounding to the bar line may leave nothing of a note: it keeps one tick.
    out[:, DURATION] = np.maximum(out[:, DURATION], 1)
    order = np.lexsort((out[:, VOICE], out[:, PITCH], out[:, START], out[:, BAR]))
    n_bars = int(out[:, BAR].max()) + 1
    return out[order].astype(np.int32), pairs[:n_bars]
