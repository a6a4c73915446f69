"""MIDI channel messages as bytes, and with the moment they are due; channels are 0..15 here."""

from __future__ import annotations

from typing import NamedTuple

from daw_bridge.music.time import Seconds

NOTE_OFF, NOTE_ON, CONTROL_CHANGE = 0x80, 0x90, 0xB0
SUSTAIN, MODE, ALL_NOTES_OFF = 64, 120, 123
STATUS, SYSTEM, REAL_TIME, RESET = 0x80, 0xF0, 0xF8, 0xFF
"""From `STATUS` on a byte begins a message, from `SYSTEM` on one without a channel; from
`REAL_TIME` on it is one. After `RESET` nothing is held any more."""
DRUM_CHANNEL = 9
"""General MIDI's drum channel, which users call 10."""

STALE_S = 0.5
"""A note that should have begun longer ago is not struck any more: whoever was suspended, or waited
for ports to come back, would strike all that was missed in one blow."""


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """Make a note-on; `bytes` itself refuses numbers that are no byte."""
    return bytes((NOTE_ON | channel, pitch, velocity))


def note_off(channel: int, pitch: int) -> bytes:
    """Make a note-off with release velocity 0."""
    return bytes((NOTE_OFF | channel, pitch, 0))


def control_change(channel: int, controller: int, value: int) -> bytes:
    """Make a control change."""
    return bytes((CONTROL_CHANGE | channel, controller, value))


def starts_note(data: bytes) -> bool:
    """Whether a message starts a note; a note-on of velocity 0 ends one."""
    return len(data) == 3 and data[0] & 0xF0 == NOTE_ON and data[2] > 0


def ends_note(data: bytes) -> bool:
    """Whether a message ends a note."""
    kind = data[0] & 0xF0
    return len(data) == 3 and (kind == NOTE_OFF or (kind == NOTE_ON and data[2] == 0))


def is_real_time(data: bytes) -> bool:
    """Whether a message is a clock, a start, a stop or the like: one byte, also within others."""
    return data[0] >= REAL_TIME


class TimedMessage(NamedTuple):
    """One message and when it is due, in seconds of its port's clock.

    Messages sort in the order in which they are sent: at one instant a note-off (rank 0) goes
    before a controller (1), and that before a note-on (2); `serial` keeps the rest as written.
    """

    due_s: Seconds
    rank: int
    serial: int
    port: str
    data: bytes


def rank_of(data: bytes) -> int:
    """Return the rank of a message among those of one instant."""
    return 0 if ends_note(data) else 2 if starts_note(data) else 1
