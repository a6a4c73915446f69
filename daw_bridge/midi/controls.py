"""The control changes of a MIDI file, which no policy plays: for reports, and for vectors."""

from __future__ import annotations

from typing import NamedTuple

from daw_bridge.midi import reading
from daw_bridge.midi.messages import CONTROL_CHANGE
from daw_bridge.music.time import PPQ


class Control(NamedTuple):
    """A control change; `tick` is from the file's start, at 480 a quarter note."""

    tick: int
    channel: int
    number: int
    value: int


def controls_of(raw: bytes) -> list[Control]:
    """Read the control changes of a file, in the order of their ticks.

    Raises:
        SmfError: the bytes are no MIDI file.
    """
    file = reading.unpack(raw)
    return sorted(
        Control(
            (2 * event.tick * PPQ + file.division) // (2 * file.division),
            event.status & 0x0F,
            event.data[0],
            event.data[1],
        )
        for track in file.tracks
        for event in track
        if event.status & 0xF0 == CONTROL_CHANGE
    )
