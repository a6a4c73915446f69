"""What the outside world may ask of a running session."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds


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


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes that came to an input, and when."""

    time_s: Seconds
    role: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Located:
    """Where a DAW said that it is; `source` is what told of it."""

    source: str
    position: Position


Thing = Command | Heard | Located
"""What can come in."""


def _time_of(thing: Thing) -> float:
    """Return when something was; a command has no time of its own and comes first."""
    match thing:
        case Heard(time_s):
            return time_s
        case Located(_, position):
            return position.time_s
    return -math.inf


class Inbox:
    """What carries things from anywhere into the loop of a session, and wakes it.

    `put` may be called in any thread and in a signal handler: a `SimpleQueue` is re-entrant, where
    an `Event` that is set in a handler can wait for itself for ever. The rest is for the loop.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Thing | None] = SimpleQueue()
        self._taken: deque[Thing | None] = deque()

    def put(self, thing: Thing) -> None:
        """Send a command, or tell what came from outside."""
        self._queue.put(thing)

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

    def take(self) -> list[Thing]:
        """Take out what has come: commands, and then the rest in the order of its times."""
        while not self._queue.empty():
            self._taken.append(self._queue.get())
        things = [thing for thing in self._taken if thing is not None]
        self._taken.clear()
        return sorted(things, key=_time_of)
