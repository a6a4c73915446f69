"""What happens in a jam, as values: whoever watches is told, and never sees the jam itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks


@dataclass(frozen=True, slots=True)
class Opened:
    """The ports are open, at the start or again: each role, and its port as the system shows it."""

    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The ports are gone, or still are, and why; they are tried again until they are back."""

    why: str


@dataclass(frozen=True, slots=True)
class Tempo:
    """Another tempo of the music, from a tick on."""

    tick: Ticks
    tempo_qpm: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar was put on its bar line, shortly before it sounds.

    `number` counts the bars that were placed before it. `late`: it stands in for one that was not
    ready.
    """

    number: int
    tick: Ticks
    bar: Bar
    late: bool


@dataclass(frozen=True, slots=True)
class Sounded:
    """A message went out at its tick. What was dropped before its time is never told of."""

    tick: Ticks
    port: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Stopped:
    """The music is over, and why."""

    why: str


Event = Opened | Lost | Tempo | Placed | Sounded | Stopped

Watcher = Callable[[Event], None]
"""Take an event, in the order in which they happen."""


def nobody(_event: Event) -> None:
    """Watch nothing."""
