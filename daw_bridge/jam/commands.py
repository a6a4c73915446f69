"""What the outside world may ask of a running session."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.time import Meter


@dataclass(frozen=True, slots=True)
class Stop:
    """End the jam now; `why` is shown to the user."""

    why: str = "stopped"


@dataclass(frozen=True, slots=True)
class Panic:
    """End every sounding note now, and go on playing at the next bar line."""


@dataclass(frozen=True, slots=True)
class SetTempo:
    """Play on at another tempo, from the first tick that is not committed yet."""

    tempo_qpm: float


@dataclass(frozen=True, slots=True)
class SetDrumMap:
    """Send the drums of every route through another map; notes that sound end as they were sent."""

    drum_map: DrumMap


@dataclass(frozen=True, slots=True)
class SetMeter:
    """Have another meter from the next bar line on that is not yet played to."""

    meter: Meter


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the bars of the DAW's loop as they are: its rounds vary no more."""


Command = Stop | Panic | SetTempo | SetDrumMap | SetMeter | Keep


class Inbox:
    """What carries commands from anywhere into the loop of a session, and wakes it.

    `put` may be called in any thread and in a signal handler: a `SimpleQueue` is re-entrant, where
    an `Event` that is set in a handler can wait for itself for ever. The rest is for the loop.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Command | None] = SimpleQueue()
        self._taken: deque[Command | None] = deque()

    def put(self, command: Command) -> None:
        """Send a command."""
        self._queue.put(command)

    def nudge(self) -> None:
        """Wake the loop without a command: something that it watches has changed."""
        self._queue.put(None)

    def is_set(self) -> bool:
        """Whether something has come."""
        return bool(self._taken) or not self._queue.empty()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for something to come, `timeout` seconds at most; tell whether it has."""
        if not self._taken:
            try:
                self._taken.append(self._queue.get(timeout=timeout))
            except Empty:
                return False
        return True

    def take(self) -> list[Command]:
        """Take out the commands that have come."""
        while not self._queue.empty():
            self._taken.append(self._queue.get())
        commands = [command for command in self._taken if command is not None]
        self._taken.clear()
        return commands
