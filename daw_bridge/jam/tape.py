"""What a session committed, by tick, to be written down afterwards."""

from __future__ import annotations

from daw_bridge.midi.messages import rank_of
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.time import Ticks

Event = tuple[Ticks, str, bytes]
"""A tick, the port, and the message as sent."""


class Tape:
    """Hold the messages of a session in order of their ticks.

    It is cut where something stops, so that it holds what was heard and not what was planned.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, tick: Ticks, port: str, data: bytes) -> None:
        """Take down a message that was committed."""
        self.events.append((tick, port, data))

    def cut(self, at: Ticks) -> None:
        """Drop what was to sound at a tick or later, and end there what was sounding."""
        self.events = [event for event in self.events if event[0] < at]
        sounding = SoundingNotes()
        for _, port, data in self.events:
            sounding.sent(port, data)
        self.events.extend((at, port, data) for port, data in sounding.end_all())
        self.events.sort(key=lambda event: (event[0], rank_of(event[2])))
