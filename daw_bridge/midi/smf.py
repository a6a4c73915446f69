"""Standard MIDI Files as bytes: their events, and how these are written; no disk, no music."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

META, TEMPO, METER, END_OF_TRACK = 0xFF, 0x51, 0x58, 0x2F
TEXT, TRACK_NAME, MARKER = 0x01, 0x03, 0x06
LONGEST_DELTA = 0x0FFFFFFF
"""Four bytes of seven bits: the most that the format can write."""


class SmfError(ValueError):
    """What is wrong with the bytes of a file: what was expected, found, and is to be done."""

    def __init__(self, expected: str, found: str, do: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.do = do


class Event(NamedTuple):
    """An event of a track: its tick from the start, status byte, and data.

    For a meta event the status is 0xFF and `meta` its type; elsewhere `meta` is -1.
    """

    tick: int
    status: int
    data: bytes
    meta: int = -1


class Smf(NamedTuple):
    """A file: its format (0 to 2), ticks per quarter note, and the events of its tracks.

    `damage` tells what was left out or found to be otherwise than its header has it.
    """

    kind: int
    division: int
    tracks: tuple[tuple[Event, ...], ...]
    damage: tuple[str, ...] = ()


def message_of(event: Event) -> bytes:
    """Return the bytes of an event that was read, as `pack` takes them."""
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


def in_riff(raw: bytes) -> bytes:
    """Put the bytes of a file into a RIFF, as names that end in .rmi say."""
    raw += b"\0" * (len(raw) % 2)
    body = b"RMIDdata" + len(raw).to_bytes(4, "little") + raw
    return b"RIFF" + len(body).to_bytes(4, "little") + body


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
