"""Packets of OSC: taken apart within bounds, and put together."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

from daw_bridge.errors import UserError

LONGEST = 1 << 13
"""Of a packet, in bytes."""

DEEPEST, MOST = 4, 64
"""How many bundles may be in each other, and how many messages in a packet."""

_BUNDLE = b"#bundle\0"

_MESSAGE = re.compile(rb"/[!-~]*\0+,[ifshdTFN\[\]]*\0", re.DOTALL)
"""What a message begins with: an address in ASCII, and types that we know."""

_STRANGE = re.compile(rb"(/[!-~]*)\0+,[ifshdTFN\[\]]*([bctrmSI])")
"""A message with a value of a type of OSC that we take none of: a blob, a time, a colour, ..."""

_TYPES = {"b": "a blob", "c": "a letter", "t": "a time", "r": "a colour", "m": "a MIDI message"}

_ADDRESS = re.compile(rb"/[!-~]*")

Plain = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Message:
    """An address and its arguments."""

    address: str
    arguments: tuple[Any, ...]


def messages_of(packet: bytes) -> list[Message]:
    """Return the messages of a packet, in their order; the times of bundles do not count.

    Raises:
        UserError: it is no packet of OSC, or holds too much.
    """
    if len(packet) > LONGEST:
        raise _strange(f"more than {LONGEST} bytes")
    found = [_message(each) for each in _parts(packet, DEEPEST)]
    if len(found) > MOST:
        raise _strange(f"more than {MOST} messages")
    return found


def packet_of(address: str, *arguments: Plain) -> bytes:
    """Put a message together; text that OSC cannot say is left out."""
    builder = OscMessageBuilder(address)
    for each in arguments:
        kind, value = _argument(each)
        builder.add_arg(value, kind)
    try:
        return bytes(builder.build().dgram)
    except BuildError:
        return bytes(OscMessageBuilder(address).build().dgram)


def _argument(value: Plain) -> tuple[str, Any]:
    match value:
        case None:
            return "N", None
        case bool():
            return "T" if value else "F", value
        case int() if -(2**31) <= value < 2**31:
            return "i", value
        case int() if -(2**63) <= value < 2**63:
            return "h", value
        case int() | float():
            return "f", float(value)
    return "s", value.replace("\0", "")


def _parts(packet: bytes, deep: int) -> Iterator[bytes]:
    """Take bundles apart; sizes that lead backwards or out of the packet are none."""
    if not packet.startswith(_BUNDLE):
        yield packet
        return
    if deep == 0:
        raise _strange(f"more than {DEEPEST} bundles in each other")
    at = len(_BUNDLE) + 8  # its time, for which we do not wait
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big")
        at += 4
        if size == 0 or size % 4 or at + size > len(packet):
            raise _strange(f"a part of {size} bytes")
        yield from _parts(packet[at : at + size], deep - 1)
        at += size


def _message(packet: bytes) -> Message:
    if strange := _STRANGE.match(packet):
        address, kind = (each.decode("ascii") for each in strange.groups())
        found = f"{address[:60]} with {_TYPES.get(kind, 'one')} (type {kind})"
        raise UserError("numbers, text, true, false or none", found, "send one of these")
    if not _MESSAGE.match(packet):
        return _untyped(packet)
    try:
        message = OscMessage(packet)
    except (ParseError, ValueError, IndexError, struct.error, RecursionError) as error:
        raise _strange(repr(packet[:40])[1:]) from error
    return Message(message.address, tuple(message.params))


def _untyped(packet: bytes) -> Message:
    """Return a message without types, which can say an address and no more.

    Raises:
        UserError: it has arguments, of which nothing says what they are, or it is no message.
    """
    name, _, _ = packet.partition(b"\0")
    end = len(name) // 4 * 4 + 4
    padded = not len(packet) % 4 and not any(packet[len(name) : end])
    if not (_ADDRESS.fullmatch(name) and padded) or packet[end : end + 1] == b",":
        raise _strange(repr(packet[:40])[1:])
    address = name.decode("ascii")
    if packet[end:]:
        untyped = f"{address[:60]} with {len(packet) - end} bytes of no type"
        raise UserError(
            "types before arguments, such as `,f`", untyped, "have the sender tell them"
        )
    return Message(address, ())


def _strange(found: str) -> UserError:
    return UserError("a packet of OSC", found, "see `daw-bridge ctl osc`")
