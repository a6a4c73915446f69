"""Small MIDI files by their bytes, as tests break them."""

from __future__ import annotations


def header(kind: int = 0, count: int = 1, division: int = 480) -> bytes:
    words = b"".join(number.to_bytes(2, "big") for number in (kind, count, division))
    return b"MThd\0\0\0\6" + words


HEAD = header()
"""Format 0, one track, 480 ticks per quarter note."""


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    """Write a chunk; `length` is what its header says, if that is not the truth."""
    size = len(data) if length is None else length
    return name + size.to_bytes(4, "big") + data


def track(*events: bytes, length: int | None = None) -> bytes:
    return chunk(b"MTrk", b"".join(events), length)


END = b"\0\xff\x2f\0"
TEMPO_120 = b"\0\xff\x51\3\x07\xa1\x20"
KICK_ON, KICK_OFF = b"\0\x99\x24\x64", b"\x60\x89\x24\0"
"""A kick of 96 ticks on channel 10."""
