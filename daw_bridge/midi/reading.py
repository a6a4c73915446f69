"""The bytes of a MIDI file to its events; what is there is read, whatever the header says of it.

Read here and not through a library because what users feed in may be damaged or hostile. An event
that cannot be read is left out and counted, and reading goes on behind it. Each byte is looked at a
few times at most, so time and memory grow with the size of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from daw_bridge.midi.smf import END_OF_TRACK, META, METER, TEMPO, Event, Smf, SmfError
from daw_bridge.music.time import Meter

MOST_TRACKS = 0xFFFF
"""As many as a header can say."""

_TRACK = re.compile(rb"MTrk\x00[\x00-\x3f]")
"""The head of a track below 4 MB, as none of our files may be larger."""

_FOREIGN = {
    b"RIFF": ("a recording (RIFF) without MIDI in it", "name the MIDI file, not its sound"),
    b"PK\3\4": ("a zip", "unpack it first"),
    b"\x1f\x8b": ("a file packed by gzip", "unpack it first"),
    b"<?xml": ("XML", "export it from its program as MIDI"),
    b"ID3": ("a recording (MP3)", "name the MIDI file, not its sound"),
    b"MTrk": ("a track without a header", "export it again: its beginning is lost"),
}
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""The system messages with data; none of them belongs into a file, and they do no harm."""

_UNDEFINED = (0xF4, 0xF5, 0xF9, 0xFD)

_LOOK_AHEAD = 4
"""Events that must be readable at a place before reading goes on there after a fault."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is to be said of a file: sentences, each with how often, or 0 for a fact.

    `damage` is what was left out or found to be otherwise than the header has it, `mended` what
    the notes lacked.
    """

    damage: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)


class Span(NamedTuple):
    """Where the events of a track begin and end."""

    begin: int
    end: int


class Layout(NamedTuple):
    """The format, the ticks per quarter note, and where the tracks are."""

    kind: int
    division: int
    spans: tuple[Span, ...]


class _Fault(Exception):  # noqa: N818  it reports what bytes are, not a defect
    """A place at which no event can be read."""


def told(sentences: Mapping[str, int]) -> tuple[str, ...]:
    """Write remarks with their counts."""
    return tuple(f"{count} {text}" if count else text for text, count in sentences.items())


def unpack(raw: bytes) -> Smf:
    """Read the bytes of a file: all its events as they are, and what is to be said of them.

    Raises:
        SmfError: the bytes are no MIDI file with a musical division and at least one track.
    """
    remarks = Remarks()
    layout = layout_of(raw, remarks)
    tracks = tuple(
        tuple(events_of(raw, span, number, remarks)) for number, span in enumerate(layout.spans, 1)
    )
    return Smf(layout.kind, layout.division, tracks, told(remarks.damage))


def layout_of(raw: bytes, remarks: Remarks) -> Layout:
    """Find the tracks of a file, one in a RIFF as well.

    Raises:
        SmfError: there are none, or the bytes are no MIDI file.
    """
    head, size = _header(raw, remarks)
    kind, count, division = (
        int.from_bytes(raw[i : i + 2], "big") for i in (head + 8, head + 10, head + 12)
    )
    if not 0 < division < 0x8000:
        what = "film frames (SMPTE)" if division else "none"
        do = "export it with ticks per quarter note"
        raise SmfError("a division in ticks per quarter note", what, do)
    spans = tuple(islice(_spans(raw, head + size, remarks), MOST_TRACKS + 1))
    if len(spans) > MOST_TRACKS:
        raise SmfError(f"at most {MOST_TRACKS} tracks", "more", "cut the file")
    if not spans:
        raise SmfError("a track", "none behind the header", "copy or export it again")
    if len(spans) != count:
        remarks.damage[f"the header says {count} track(s), there are {len(spans)}"] = 0
    if kind == 1 or (kind in (0, 2) and len(spans) == 1):
        return Layout(kind, division, spans)
    remarks.damage[f"format {kind} with {len(spans)} track(s): read as sounding together"] = 0
    return Layout(1, division, spans)


def _header(raw: bytes, remarks: Remarks) -> tuple[int, int]:
    """Find the header; return where it begins, and how many bytes it has."""
    if not raw:
        raise SmfError("a MIDI file", "an empty one", "copy or export it again")
    head = raw.find(b"MThd") if raw[:4] == b"RIFF" else raw.find(b"MThd", 0, 256)
    if head < 0:
        found = (what for mark, what in _FOREIGN.items() if raw.startswith(mark))
        what, do = next(found, (f"{raw[:4]!r}", "name a MIDI file"))
        raise SmfError("a MIDI file, which begins with MThd", what, do)
    if len(raw) < head + 14:
        what = f"a file of {len(raw)} bytes, truncated"
        raise SmfError("a whole header of 14 bytes", what, "copy or export it again")
    if head and raw[:4] != b"RIFF":
        remarks.damage[f"{head} bytes before the header: passed over"] = 0
    size = 8 + int.from_bytes(raw[head + 4 : head + 8], "big")
    if size == 14 or (size > 14 and _is_chunk(raw, head + size)):
        return head, size
    remarks.damage[f"the header says {size - 8} bytes and has 6"] = 0
    return head, 14


def _is_chunk(raw: bytes, position: int) -> bool:
    """Whether a chunk may begin at a place: a name, and a length that fits into the file."""
    name, length = raw[position : position + 4], raw[position + 4 : position + 8]
    if name == b"MTrk":
        return True
    fits = position + 8 + int.from_bytes(length, "big") <= len(raw)
    return len(length) == 4 and name.isalnum() and name.isascii() and fits


def _spans(raw: bytes, position: int, remarks: Remarks) -> Iterator[Span]:
    """Find where the events of each track begin and end; other chunks are passed over."""
    number = 0
    while position < len(raw):
        if not _is_chunk(raw, position):
            following = raw.find(b"MTrk", position)
            gap = (following if following >= 0 else len(raw)) - position
            if raw[:4] != b"RIFF" or following >= 0:  # which goes on behind its MIDI
                remarks.damage["byte(s) that belong to no track: passed over"] += gap
            position += gap
            continue
        begin = position + 8
        length = int.from_bytes(raw[position + 4 : begin], "big")
        position = begin + length
        if raw[begin - 8 : begin - 4] == b"MTrk":
            number += 1
            position = _end(raw, begin, begin + length)
            if position != begin + length:
                has = max(position - begin, 0)
                remarks.damage[f"track {number} says {length} bytes and has {has}"] = 0
            yield Span(begin, position)


def _end(raw: bytes, begin: int, end: int) -> int:
    """Find where a track ends: where it says, unless another one begins before or it goes on."""
    inner = _TRACK.search(raw, begin, end + 5)
    if inner and inner.start() < end:
        return inner.start()
    if end > len(raw):
        return len(raw)
    if end == len(raw) or _is_chunk(raw, end) or _end_of_track(raw, begin, end):
        return end
    following = _TRACK.search(raw, end)
    return _end_of_track(raw, begin, following.start() if following else len(raw)) or end


def _end_of_track(raw: bytes, position: int, end: int) -> int:
    """Find where events that are all in order come to an end of track; 0 where they do not."""
    running = 0
    try:
        while position < end:
            _, status, meta, _, position = _event(raw, position, end, running)
            running = status if status < 0xF0 else running
            if meta == END_OF_TRACK:
                return position
    except _Fault:
        pass
    return 0


def events_of(raw: bytes, span: Span, number: int, remarks: Remarks) -> Iterator[Event]:
    """Read the events of a track (`number` counts from 1), up to its end of track.

    Running status goes on across meta events and system exclusives, as many programs write it.
    """
    tick, running, (position, end) = 0, 0, span
    while position < end:
        begin = position
        try:
            delta, status, meta, first, position = _event(raw, begin, end, running)
            bad = _is_bad(raw, status, first, position)
            if bad and not _reads_on(raw, position, end, status if status < 0xF0 else running):
                raise _Fault
        except _Fault:
            remarks.damage[f"event(s) of track {number} that cannot be read: left out"] += 1
            position = _next_readable(raw, begin + 1, end)
            continue
        tick += delta
        running = status if status < 0xF0 else running
        if bad:
            remarks.damage[f"event(s) of track {number} with a {bad}: left out"] += 1
        elif senseless := nonsense(meta, raw[first:position]):
            remarks.damage[senseless] += 1
        elif meta != END_OF_TRACK or position == end:
            yield Event(tick, status, raw[first:position], meta)
        elif _end_of_track(raw, position, end) == end:
            remarks.damage[f"track {number} goes on behind an end of track: read on"] = 0
        else:
            remarks.damage[f"byte(s) behind the end of track {number}: passed over"] = (
                end - position
            )
            yield Event(tick, status, b"", meta)
            return


def nonsense(meta: int, data: bytes) -> str:
    """Return what is said of a tempo or a meter that there is not; nothing, of all else."""
    if meta == TEMPO and not (len(data) >= 3 and any(data[:3])):
        return "tempo(s) of 0: left out"
    if meta == METER:
        try:
            meter_of(data)
        except ValueError:
            return "meter(s) that there are not: left out"
    return ""


def meter_of(data: bytes) -> Meter:
    """Read what a meter event says.

    Raises:
        ValueError: there is no such meter.
    """
    return Meter(data[0], 1 << data[1]) if len(data) > 1 else Meter(0)


def _event(raw: bytes, position: int, end: int, running: int) -> tuple[int, int, int, int, int]:
    """Read an event: its delta, status, meta type or -1, and where its data begin and end.

    Raises:
        _Fault: it ends behind `end`, or is none.
    """
    delta, position = _number(raw, position, end)
    if position >= end:
        raise _Fault
    status, meta = raw[position], -1
    if status >= 0x80:
        position += 1
    elif running:
        status = running
    else:
        raise _Fault
    if status < 0xF0:
        length = 1 if status & 0xE0 == 0xC0 else 2
    elif status == META:
        if position >= end:
            raise _Fault
        meta = raw[position]
        length, position = _number(raw, position + 1, end)
    elif status in (0xF0, 0xF7):
        length, position = _number(raw, position, end)
    else:
        length = _SYSTEM.get(status, 0)
    if position + length > end:
        raise _Fault
    return delta, status, meta, position, position + length


def _is_bad(raw: bytes, status: int, first: int, end: int) -> str:
    """Return what is wrong with an event whose extent is clear; nothing, if it is in order."""
    if status < 0xF0:
        return "byte above 127" if max(raw[first:end]) > 0x7F else ""
    return "status that there is not" if status in _UNDEFINED else ""


def _number(raw: bytes, position: int, end: int) -> tuple[int, int]:
    """Read a number of up to four bytes of seven bits; return it and where it ends."""
    number = 0
    for place in range(position, min(position + 4, end)):
        byte = raw[place]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, place + 1
    raise _Fault


def _next_readable(raw: bytes, position: int, end: int) -> int:
    """Find the next place from which events can be read, else the end."""
    return next((at for at in range(position, end) if _reads_on(raw, at, end, 0)), end)


def _reads_on(raw: bytes, position: int, end: int, running: int) -> bool:
    """Whether what follows looks like events: some of them, or all to the end of the track.

    Behind an event with a bad byte, whose status is then `running`, others with one are no fault:
    a program that writes one bad value writes more of them.
    """
    strict = not running
    try:
        for _ in range(_LOOK_AHEAD):
            if position == end:
                return True
            _, status, meta, first, position = _event(raw, position, end, running)
            if meta == END_OF_TRACK:
                return True
            if strict and _is_bad(raw, status, first, position):
                return False
            running = status if status < 0xF0 else running
    except _Fault:
        return False
    return True
