"""What the outside world may ask of a running session."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Literal

from daw_bridge.jam.prepared import Prepared, Value
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds

When = Literal["now", "bar"]
"""When a command acts: as soon as ports can take back what they hold, or on the next bar line."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the jam now; `why` is shown to the user."""

    why: str = "stopped"


@dataclass(frozen=True, slots=True)
class Panic:
    """End every sounding note now, and go on playing at the next bar line."""


@dataclass(frozen=True, slots=True)
class SetTempo:
    """Play on at another tempo."""

    tempo_qpm: float
    at: When = "now"


@dataclass(frozen=True, slots=True)
class SetDrumMap:
    """Send the drums of every route through another map; notes that sound end as they were sent."""

    drum_map: DrumMap
    at: When = "now"


@dataclass(frozen=True, slots=True)
class SetMeter:
    """Have another meter from the next bar line on that is not yet played to."""

    meter: Meter


@dataclass(frozen=True, slots=True)
class SetMode:
    """Go over to another mode at the next bar line: solo, call-response and so on."""

    mode: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Make the bar that is heard once more, and otherwise: the next one takes its place.

    Where a DAW is followed it takes it when the DAW comes there again.
    """


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the bar that is heard as one that is liked; rounds of the DAW's loop vary no more."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Store the bar that is heard as one that is not liked, and make it anew as `Undo` does."""


@dataclass(frozen=True, slots=True)
class Change:
    """Set settings of the preset, by their names, from the next bar line on.

    Those of limits go by their own names, such as density; a condition is `conditions.style`, and
    what a voice has `voices.0.channel`. `drum_map` is that of all drums; `model` and `preset` are
    another policy, which plays once it has its first bar. All of them are set, or none.
    """

    settings: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Show:
    """Send a message to an output of ours at once: what a controller shows of a setting."""

    port: str
    data: bytes


Command = (
    Stop | Panic | SetTempo | SetDrumMap | SetMeter | SetMode | Undo | Keep | Reject | Change | Show
)


def name_of(command: Command) -> str:
    """Return what a command is called where it is refused or has acted: of many settings, all."""
    match command:
        case Change(settings):
            return " ".join(name for name, _ in settings)
        case SetTempo():
            return "tempo"
        case SetDrumMap():
            return "drum_map"
    return type(command).__name__.removeprefix("Set").lower()


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


Thing = Command | Heard | Located | Prepared
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
