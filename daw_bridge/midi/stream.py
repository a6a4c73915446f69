"""Whole messages, out of bytes in whatever pieces they come."""

from __future__ import annotations

from daw_bridge.midi.messages import REAL_TIME, STATUS

DROPPED = frozenset({0xF9, 0xFD, 0xFE})
"""Real-time bytes that mean nothing, and active sensing, which repeats that someone is there."""

_COMMON = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""Data bytes of the system's messages. Sysex, of any length, is passed over up to its end."""


class Stream:
    """What makes messages of one to three bytes of all that comes to one input.

    A status goes on for further data (running status), a real-time byte may stand anywhere, and
    what is neither begun nor finished is dropped. Three bytes are kept at most.
    """

    def __init__(self) -> None:
        self._status = 0
        self._needs = 0
        self._data = bytearray()

    def take(self, data: bytes) -> list[bytes]:
        """Take bytes; return the messages that they complete, in order."""
        return [message for byte in data if (message := self._byte(byte))]

    def _byte(self, byte: int) -> bytes:
        """Take a byte; return the message that it completes, else b""."""
        if byte >= REAL_TIME:
            return b"" if byte in DROPPED else bytes((byte,))
        if byte >= STATUS:
            self._data.clear()
            self._status = byte
            self._needs = _COMMON.get(byte, 0) if byte >= 0xF0 else 1 + (byte & 0xE0 != 0xC0)
            return b""
        if not self._needs:
            return b""
        self._data.append(byte)
        if len(self._data) < self._needs:
            return b""
        message = bytes((self._status, *self._data))
        self._data.clear()
        if self._status >= 0xF0:
            self._needs = 0
        return message
