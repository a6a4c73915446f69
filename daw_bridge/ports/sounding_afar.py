"""What may sound at a port process, as far as it is known from here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from daw_bridge.midi.messages import STALE_S, TimedMessage, starts_note
from daw_bridge.midi.sounding import Key, key_of
from daw_bridge.music.time import Seconds

DOUBT_S = STALE_S + 0.1
"""A note that begins after the port process listed what sounds was due no longer than this before:
later notes are stale. The rest is a cycle of the system."""


class SoundingAfar:
    """What a port process said that it sounds, and the notes that began since, or may have.

    One thread commits, and one tells. It never leaves out what sounds; notes of the last half a
    second it may name though they have ended.
    """

    def __init__(self) -> None:
        self.started: dict[Key, None] = {}
        """Every key that was ever started."""
        self._told: tuple[Key, ...] = ()
        self._since: deque[tuple[Seconds, Key]] = deque()

    def commit(self, messages: Iterable[TimedMessage]) -> None:
        """Take down what is sent to the process."""
        for message in messages:
            if starts_note(message.data):
                key = key_of(message.port, message.data)
                self.started[key] = None
                self._since.append((message.due_s, key))

    def played_on(self, port: str, data: bytes) -> None:
        """Learn that the process began a note by itself, which somebody played."""
        self.started[key_of(port, data)] = None

    def told(self, time_s: Seconds, keys: Iterable[Key]) -> None:
        """Learn what sounded at a time, by the clock that messages are due by."""
        self._told = tuple(keys)
        while self._since and self._since[0][0] < time_s - DOUBT_S:
            self._since.popleft()

    def ended(self) -> None:
        """Learn that every note has been ended."""
        self._told = ()
        self._since.clear()

    def keys(self) -> tuple[Key, ...]:
        """List what may sound."""
        return tuple(dict.fromkeys((*self._told, *(key for _, key in self._since))))
