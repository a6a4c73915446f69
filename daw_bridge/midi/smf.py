"""Standard MIDI Files as bytes: events to a file and back; no disk, no names, no music.

Read here and not through a library because what users feed in may be damaged or hostile: lengths
are bounded before anything is made from them, and every defect is one `SmfError` that says where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

META, TEMPO, METER, TEXT, TRACK_NAME, END_OF_TRACK = 0xFF, 0x51, 0x58, 0x01, 0x03, 0x2F
LONGEST_DELTA = 0x0FFFFFFF
"""Four bytes of seven bits: the most that the format can write."""


class SmfError(ValueError):
    """Tell what is wrong with the bytes of a file: what was expected, and what was found."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class Event(NamedTuple):
    """Hold an event of a track: its tick from the start, status byte, and data.

    For a meta event the status is 0xFF and `meta` its type; elsewhere `meta` is -1.
    """

    tick: int
    status: int
    data: bytes
    meta: int = -1


class Smf(NamedTuple):
    """Hold a file: its format (0 or 1), ticks per quarter note, and the events of its tracks."""

    kind: int
    division: int
    tracks: tuple[tuple[Event, ...], ...]


def unpack(raw: bytes) -> Smf:
    """Read the bytes of a file.

    What is harmless is passed over: unknown chunks, a missing end of track, bytes after the last
    track, running status across meta events.

    Raises:
        SmfError: the bytes are no whole file of format 0 or 1 with a musical division.
    """
    if not raw:
        raise SmfError("a MIDI file", "an empty one")
    if raw[:4] != b"MThd":
        raise SmfError("a MIDI file, which begins with MThd", f"{raw[:4]!r}")
    header = int.from_bytes(raw[4:8], "big")
    if header < 6 or len(raw) < 8 + header:
        raise SmfError("a whole header of 14 bytes", f"a file of {len(raw)} bytes, truncated")
    kind, count, division = (int.from_bytes(raw[i : i + 2], "big") for i in (8, 10, 12))
    if kind not in (0, 1):
        raise SmfError("format 0 or 1", f"format {kind}")
    if not 0 < division < 0x8000:
        what = "film frames (SMPTE)" if division else "none"
        raise SmfError("a division in ticks per quarter note", what)
    chunks = list(_track_chunks(raw, 8 + header, count))
    if len(chunks) < count:
        raise SmfError(f"{count} tracks", f"the file to end after {len(chunks)}, truncated")
    return Smf(kind, division, tuple(tuple(_events(raw, *chunk)) for chunk in chunks))


def _track_chunks(raw: bytes, position: int, count: int) -> Iterator[tuple[int, int]]:
    """Find where the events of each track begin and end."""
    found = 0
    while found < count and position + 8 <= len(raw):
        begin = position + 8
        end = begin + int.from_bytes(raw[position + 4 : begin], "big")
        if end > len(raw):
            have = len(raw) - begin
            raise SmfError(f"a chunk of {end - begin} bytes", f"{have} at its end, truncated")
        if raw[position : position + 4] == b"MTrk":
            found += 1
            yield begin, end
        position = end


def _events(raw: bytes, position: int, end: int) -> Iterator[Event]:
    tick, running = 0, 0
    while position < end:
        delta, position = _number(raw, position, end)
        tick += delta
        status = _byte(raw, position, end)
        if status < 0x80:
            if not running:
                raise SmfError("a status byte", f"data 0x{status:02X} at byte {position}")
            status = running
        else:
            position += 1
        meta = -1
        if status == META:
            meta = _byte(raw, position, end)
            length, position = _number(raw, position + 1, end)
        elif status in (0xF0, 0xF7):
            length, position = _number(raw, position, end)
        elif status < 0xF0:
            running = status
            length = 1 if status & 0xE0 == 0xC0 else 2
        else:
            length = {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0)
        if position + length > end:
            raise SmfError("whole events", f"one cut off at byte {end}, truncated")
        data = raw[position : position + length]
        if status < 0xF0 and max(data) > 0x7F:
            raise SmfError("data bytes below 0x80", f"0x{max(data):02X} near byte {position}")
        position += length
        yield Event(tick, status, data, meta)
        if meta == END_OF_TRACK:
            return


def _byte(raw: bytes, position: int, end: int) -> int:
    if position >= end:
        raise SmfError("whole events", f"a track that ends inside one at byte {end}, truncated")
    return raw[position]


def _number(raw: bytes, position: int, end: int) -> tuple[int, int]:
    """Read a number of up to four bytes of seven bits; give it and where it ends."""
    number = 0
    for i in range(4):
        byte = _byte(raw, position + i, end)
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, position + i + 1
    raise SmfError("a number of at most four bytes", f"a longer one at byte {position}")


def message_of(event: Event) -> bytes:
    """Give the bytes of an event that was read, as `pack` takes them."""
    if event.status == META:
        return meta(event.meta, event.data)
    length = _packed(len(event.data)) if event.status in (0xF0, 0xF7) else b""
    return bytes((event.status,)) + length + event.data


def pack(
    tracks: Iterable[Iterable[tuple[int, bytes]]], division: int, kind: int | None = None
) -> bytes:
    """Write tracks of (tick, message) as a file: format 0 for one track, 1 for several, or `kind`.

    Ticks are from the start and in order; messages hold their status byte (meta events as `meta`
    makes them). No running status: some readers stumble over it. Empty texts divide a gap that is
    longer than the format can write.
    """
    chunks = [_chunk(b"MTrk", b"".join(_timed(track))) for track in tracks]
    kind = (0 if len(chunks) == 1 else 1) if kind is None else kind
    head = b"".join(number.to_bytes(2, "big") for number in (kind, len(chunks), division))
    return _chunk(b"MThd", head) + b"".join(chunks)


def meta(kind: int, data: bytes) -> bytes:
    """Make a meta event."""
    return bytes((META, kind)) + _packed(len(data)) + data


def tempo(qpm: float) -> bytes:
    """Make a tempo event; the format holds whole microseconds per quarter note, 1 to 2^24 - 1."""
    micros = min(max(round(60_000_000 / qpm), 1), 0xFFFFFF)
    return meta(TEMPO, micros.to_bytes(3, "big"))


def meter(numerator: int, denominator: int) -> bytes:
    """Make a meter event, with a metronome click on each beat."""
    power = denominator.bit_length() - 1
    return meta(METER, bytes((numerator, power, max(96 // denominator, 1), 8)))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "big") + data


def _timed(track: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    last = 0
    for tick, message in track:
        while tick - last > LONGEST_DELTA:
            yield _packed(LONGEST_DELTA) + meta(TEXT, b"")
            last += LONGEST_DELTA
        yield _packed(tick - last)
        yield message
        last = tick


def _packed(number: int) -> bytes:
    if 0 <= number < 0x80:  # nearly all
        return bytes((number,))
    if not 0 <= number <= LONGEST_DELTA:
        raise ValueError(f"expected 0..{LONGEST_DELTA} ticks between events, found {number}")
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))
