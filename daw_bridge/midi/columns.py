"""The notes of a MIDI file as columns, quick enough for whole collections.

What is in order is taken apart by one regular expression and numpy; a track that is not, event by
event (`reading`). Both give the same: there is one answer for one file, whoever reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.midi import smf
from daw_bridge.midi.messages import NOTE_OFF, NOTE_ON
from daw_bridge.midi.pairing import ends_of
from daw_bridge.midi.reading import Remarks, Span, events_of, layout_of, meter_of, nonsense, told
from daw_bridge.midi.smf import Event
from daw_bridge.music.time import PPQ, SIXTEENTH, USUAL_QPM, Meter

Column = NDArray[np.int64]
Time = TypeVar("Time", int, Column)

PROGRAM_CHANGE = 0xC0

NO_TEMPO = f"no tempo at the start: {USUAL_QPM:g} quarter notes per minute assumed"

NEAR = SIXTEENTH // 4
"""In ticks; what rounding has moved off a bar line is nearer to it."""

_DELTA = rb"[\x80-\xff]{0,3}[\x00-\x7f]"
_LONG = rb"|".join(re.escape(bytes([length])) + rb".{%d}" % length for length in range(128))
_EVENT = re.compile(
    _DELTA + rb"(?:[\x80-\xbf\xe0-\xef]?[\x00-\x7f]{2}"
    # a program and, by running status at the same tick, further ones, of which the last counts
    rb"|[\xc0-\xdf][\x00-\x7f](?:\x00[\x00-\x7f])*(?=" + _DELTA + rb"[\x80-\xff]|\Z)"
    rb"|(?:\xff[\x00-\x7f]|[\xf0\xf7])(?:" + _LONG + rb"))|.",
    re.DOTALL,
)
"""An event in order, with its delta; else a single byte."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The notes of one track of a file, in the order in which they start.

    `end` is where each note ends, at the end of the track if nothing ends it.
    `program` is the one of its channel when it starts.
    """

    name: str
    start: Column
    end: Column
    pitch: Column
    velocity: Column
    channel: Column
    program: Column


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What a file says, in its own ticks, of which `division` are a quarter note.

    `tempos` (quarter notes per minute) and `meters` are changes as they stand, in order of their
    ticks; at 480 they begin at tick 0, and meters change at bar lines. `length` is where the last
    track ends. `damage` tells what was left out or found to be otherwise than the header has it,
    `mended` what the notes lacked, a sentence each.
    """

    division: int
    parts: tuple[Part, ...]
    tempos: tuple[tuple[int, float], ...]
    meters: tuple[tuple[int, Meter], ...]
    length: int
    damage: tuple[str, ...]
    mended: tuple[str, ...]

    def at_480(self) -> Columns:
        """Return the same at 480 ticks per quarter note, no note shorter than one of them."""
        parts = tuple(self._part_at_480(part) for part in self.parts)
        ends = [self._scaled(self.length), *(int(part.end.max(initial=0)) for part in parts)]
        tempos = {0: USUAL_QPM} | {self._scaled(at): tempo for at, tempo in self.tempos}
        meters = at_bar_lines((self._scaled(at), meter) for at, meter in self.meters)
        no_tempo = () if any(at == 0 for at, _ in self.tempos) else (NO_TEMPO,)
        return Columns(
            PPQ,
            parts,
            tuple(sorted(tempos.items())),
            meters,
            max(ends),
            self.damage,
            (*no_tempo, *self.mended),
        )

    def _part_at_480(self, part: Part) -> Part:
        start = self._scaled(part.start)
        return replace(part, start=start, end=np.maximum(self._scaled(part.end), start + 1))

    def _scaled(self, ticks: Time) -> Time:
        """Bring ticks to the nearest of 480 per quarter note, halves upwards."""
        return (2 * ticks * PPQ + self.division) // (2 * self.division)


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """The channel messages of a track as columns, its meta events, and its last tick."""

    tick: Column
    status: Column
    first: Column
    second: Column
    metas: tuple[Event, ...]
    end: int


def columns_of(raw: bytes) -> Columns:
    """Read the bytes of a file.

    Raises:
        SmfError: the bytes are no MIDI file with a musical division and at least one track.
    """
    remarks = Remarks()
    layout = layout_of(raw, remarks)
    tracks = [_track(raw, span, i, remarks) for i, span in enumerate(layout.spans, 1)]
    parts = tuple(_part(track, remarks) for track in tracks)
    metas = sorted((event for track in tracks for event in track.metas), key=lambda e: e.tick)
    tempos, meters = tuple(_tempos(metas)), tuple(_meters(metas))
    length = max(track.end for track in tracks)
    said = told(remarks.damage), told(remarks.mended)
    return Columns(layout.division, parts, tempos, meters, length, *said)


def at_bar_lines(changes: Iterable[tuple[int, Meter]]) -> tuple[tuple[int, Meter], ...]:
    """Return changes of meter from tick 0 on, 4/4 where none is stated.

    One that is within `NEAR` of a bar line was meant to be there. One inside a bar begins another,
    even if it states the meter that there is: so a pickup is written.
    """
    out = [(0, Meter())]
    for tick, meter in changes:
        begin, before = out[-1]
        length = before.bar_length()
        over = (tick - begin) % length
        place = tick - over if over <= NEAR else tick
        place = tick - over + length if length - over <= NEAR else place
        if place <= begin:
            out[-1] = (begin, meter)
        elif meter != before or (place - begin) % length:
            out.append((place, meter))
    return tuple(out)


def _track(raw: bytes, span: Span, number: int, remarks: Remarks) -> _Track:
    return _in_bulk(raw, span) or _one_by_one(list(events_of(raw, span, number, remarks)))


def _in_bulk(raw: bytes, span: Span) -> _Track | None:
    """Take a track apart that is all in order; None where it is not, or cannot be told to be."""
    found = _EVENT.findall(raw, *span)
    sizes = np.fromiter(map(len, found), np.int64, len(found))
    if not len(found) or sizes.min() < 3:
        return None
    data = np.frombuffer(raw, np.uint8)
    last = span.begin + np.cumsum(sizes) - 1
    tick, place = _ticks(data, last + 1 - sizes)
    status = data[place]
    stated, system = status > 0x7F, status >= 0xF0
    running = np.maximum.accumulate(np.where(stated & ~system, np.arange(len(found)), 0))
    status = np.where(system, status, status[running])
    if not _has_status(status, stated):
        return None
    metas = tuple(_metas(raw, tick, place + 1, status == smf.META))
    if not _ends_once(metas, status) or any(nonsense(e.meta, e.data) for e in metas):
        return None
    ours = ~system
    long = status & 0xE0 != PROGRAM_CHANGE
    columns = status, data[np.where(long, last - 1, last)], data[last]
    status, first, second = np.stack(columns)[:, ours].astype(np.int64)
    return _Track(tick[ours], status, first, second, metas, int(tick[-1]))


def _ticks(data: NDArray[np.uint8], place: Column) -> tuple[Column, Column]:
    """Read the deltas of events; return their ticks, and where their deltas end."""
    delta, place = np.zeros(len(place), np.int64), place.copy()
    more = np.arange(len(place))
    while len(more):
        byte = data[place[more]]
        delta[more] = delta[more] << 7 | byte & 0x7F
        place[more] += 1
        more = more[byte > 0x7F]
    return np.cumsum(delta), place


def _has_status(status: NDArray[np.uint8], stated: NDArray[np.bool_]) -> bool:
    """Whether every event without a status of its own has one of two data bytes before it."""
    running = status[~stated]
    of_two = (running > 0x7F) & (running < 0xF0) & (running & 0xE0 != PROGRAM_CHANGE)
    return bool(of_two.all())


def _ends_once(metas: tuple[Event, ...], status: NDArray[np.uint8]) -> bool:
    """Whether an end of track, if there is one, is the last event."""
    ends = [event.meta for event in metas].count(smf.END_OF_TRACK)
    return not ends or (ends == 1 and metas[-1].meta == smf.END_OF_TRACK and status[-1] == smf.META)


def _metas(raw: bytes, tick: Column, place: Column, is_meta: NDArray[np.bool_]) -> Iterator[Event]:
    for at, where in zip(tick[is_meta].tolist(), place[is_meta].tolist(), strict=True):
        kind, length = raw[where], raw[where + 1]
        yield Event(at, smf.META, raw[where + 2 : where + 2 + length], kind)


def _one_by_one(events: list[Event]) -> _Track:
    rows = [(e.tick, e.status, e.data[0], e.data[-1]) for e in events if e.status < 0xF0]
    tick, status, first, second = np.array(rows, np.int64).reshape(-1, 4).T
    metas = tuple(event for event in events if event.status == smf.META)
    return _Track(tick, status, first, second, metas, events[-1].tick if events else 0)


def _part(track: _Track, remarks: Remarks) -> Part:
    """Pair the notes of a track."""
    kind = track.status & 0xF0
    ours = (kind == NOTE_ON) | (kind == NOTE_OFF)
    tick, channel, pitch = track.tick[ours], track.status[ours] & 0x0F, track.first[ours]
    velocity = track.second[ours]
    starts = (kind[ours] == NOTE_ON) & (velocity > 0)
    ends = ends_of(tick, channel << 7 | pitch, starts)[starts]
    never = int((ends < 0).sum())
    end = np.where(ends < 0, track.end, tick[ends])
    start = tick[starts]
    if empty := int((end <= start).sum()):
        remarks.mended["notes of length 0: given 1 tick"] += empty
    if never:
        remarks.mended["notes never ended: they end with their track"] += never
    names = [event.data for event in track.metas if event.meta == smf.TRACK_NAME]
    return Part(
        names[-1].decode("utf-8", "replace").strip("\0 ") if names else "",
        start,
        end,
        pitch[starts],
        velocity[starts],
        channel[starts],
        _programs(track, np.flatnonzero(ours)[starts]),
    )


def _programs(track: _Track, notes: Column) -> Column:
    """Find the program of each note's channel at its place among the events of a track."""
    programs = np.zeros(len(notes), np.int64)
    changes = np.flatnonzero(track.status & 0xF0 == PROGRAM_CHANGE)
    for status in np.unique(track.status[changes]):
        mine = changes[track.status[changes] == status]
        on_it = track.status[notes] & 0x0F == status & 0x0F
        latest = np.searchsorted(mine, notes[on_it]) - 1
        programs[on_it] = np.where(latest < 0, 0, track.first[mine][latest])
    return programs


def _tempos(metas: Iterable[Event]) -> Iterator[tuple[int, float]]:
    for event in metas:
        if event.meta == smf.TEMPO:
            yield event.tick, 60_000_000 / int.from_bytes(event.data[:3], "big")


def _meters(metas: Iterable[Event]) -> Iterator[tuple[int, Meter]]:
    for event in metas:
        if event.meta == smf.METER:
            yield event.tick, meter_of(event.data)
