"""Comments in an OGG Vorbis file: its second packet, written anew, and the pages around it."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from daw_bridge.files import read_bounded, whole

LARGEST_BYTES = 1 << 30

_HEAD = struct.Struct("<4sBBqIII B")
_CONTINUED, _LONGEST_SEGMENT, _MOST_SEGMENTS = 1, 255, 255


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a stream; `lengths` are those of its segments, 255 for one that goes on."""

    flags: int
    position: int
    serial: int
    number: int
    lengths: bytes
    body: bytes

    def packed(self) -> bytes:
        """Return its bytes, with their checksum."""
        head = _HEAD.pack(
            b"OggS", 0, self.flags, self.position, self.serial, self.number, 0, len(self.lengths)
        )
        raw = head + self.lengths + self.body
        return raw[:22] + struct.pack("<I", checksum(raw)) + raw[26:]


def pages_of(raw: bytes) -> Iterator[Page]:
    """Read the pages of a file that was just written."""
    at = 0
    while at < len(raw):
        _, _, flags, position, serial, number, _, count = _HEAD.unpack_from(raw, at)
        begin = at + _HEAD.size
        lengths = raw[begin : begin + count]
        body = raw[begin + count : begin + count + sum(lengths)]
        yield Page(flags, position, serial, number, lengths, body)
        at = begin + count + len(body)


def add_comments(path: Path, comments: Mapping[str, str]) -> None:
    """Write comments, such as LOOPSTART=0, into an OGG Vorbis file beside those that it has.

    Raises:
        UserError: the file cannot be written.
    """
    pages = list(pages_of(read_bounded(path, LARGEST_BYTES, "an OGG file")))
    heads = 1  # the first page holds the first packet alone; two more packets end with a page
    packets: list[bytes] = [b""]
    while len(packets) < 3 or packets[-1]:
        page, at = pages[heads], 0
        for length in page.lengths:
            packets[-1] += page.body[at : at + length]
            at += length
            if length < _LONGEST_SEGMENT:
                packets.append(b"")
        heads += 1
    anew = _paged([_with(packets[0], comments), packets[1]], pages[0].serial)
    out = [pages[0], *anew, *pages[heads:]]
    with whole(path) as temporary:
        temporary.write_bytes(
            b"".join(replace(page, number=i).packed() for i, page in enumerate(out))
        )


def comments_of(path: Path) -> dict[str, str]:
    """Return the comments of an OGG Vorbis file."""
    raw = b"".join(page.body for page in list(pages_of(read_bounded(path, LARGEST_BYTES)))[1:])
    _, listed = _listed(raw)
    return dict(each.decode().split("=", 1) for each in listed)


_KIND = b"\x03vorbis"


def _listed(packet: bytes) -> tuple[bytes, list[bytes]]:
    """Return who encoded a file, and its comments."""
    at = len(_KIND)
    (size,) = struct.unpack_from("<I", packet, at)
    vendor = packet[at + 4 : at + 4 + size]
    at += 4 + size
    (count,) = struct.unpack_from("<I", packet, at)
    at += 4
    out = []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", packet, at)
        out.append(packet[at + 4 : at + 4 + size])
        at += 4 + size
    return vendor, out


def _with(packet: bytes, comments: Mapping[str, str]) -> bytes:
    vendor, listed = _listed(packet)
    listed += [f"{name}={text}".encode() for name, text in comments.items()]
    counted = [struct.pack("<I", len(each)) + each for each in listed]
    head = _KIND + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(listed))
    return head + b"".join(counted) + b"\x01"


def _paged(packets: list[bytes], serial: int) -> Iterator[Page]:
    """Lay packets into pages, the last of which ends with a packet."""
    lengths, body = b"", b"".join(packets)
    for packet in packets:
        lengths += bytes([_LONGEST_SEGMENT]) * (len(packet) // _LONGEST_SEGMENT)
        lengths += bytes([len(packet) % _LONGEST_SEGMENT])
    continued = 0
    for begin in range(0, len(lengths), _MOST_SEGMENTS):
        here = lengths[begin : begin + _MOST_SEGMENTS]
        ends = min(here) < _LONGEST_SEGMENT
        yield Page(continued, 0 if ends else -1, serial, 0, here, body[: sum(here)])
        body = body[sum(here) :]
        continued = 0 if here[-1] < _LONGEST_SEGMENT else _CONTINUED


def _crc_table() -> tuple[int, ...]:
    out = []
    for i in range(256):
        value = i << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        out.append(value & 0xFFFFFFFF)
    return tuple(out)


_CRC = _crc_table()


def checksum(raw: bytes) -> int:
    """Return the checksum of a page whose own is 0."""
    value = 0
    for byte in raw:
        value = ((value << 8) & 0xFFFFFFFF) ^ _CRC[(value >> 24) ^ byte]
    return value
