"""What happens in a jam, as values: whoever watches is told, and never sees the jam itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daw_bridge.jam.commands import Thing
from daw_bridge.jam.listen import Found
from daw_bridge.jam.prepared import Value
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Seconds, Ticks


@dataclass(frozen=True, slots=True)
class Opened:
    """The ports are open, at the start or again: each role, and its port as the system shows it.

    `frame_rate` is that of their clock; None where it is not made of frames.
    """

    names: tuple[tuple[str, str], ...]
    frame_rate: int | None = None


@dataclass(frozen=True, slots=True)
class PortOpened:
    """One more port is open, since something goes there from now on."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The ports are gone, or still are, and why; they are tried again until they are back."""

    why: str


@dataclass(frozen=True, slots=True)
class Woke:
    """The jam looked at the clock of its ports: what it does before the next look, it does then.

    With what it took, and whether its bars were made in time, this is all that a jam ever learns
    from outside: from the same it plays the same again.
    """

    time_s: Seconds


@dataclass(frozen=True, slots=True)
class Took:
    """Something was taken out of the inbox at a second, to be obeyed next."""

    time_s: Seconds
    thing: Thing


@dataclass(frozen=True, slots=True)
class Fetched:
    """A bar was to be taken: whether it was `made`, or why it never will be."""

    number: int
    made: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What a user should know of the ports, which go on: who went, came back, or was cut off."""

    text: str


@dataclass(frozen=True, slots=True)
class Tempo:
    """Another tempo of the music, from a tick on."""

    tick: Ticks
    tempo_qpm: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar was put on its bar line, shortly before it sounds, or another one in its place.

    `number` counts the bars that were placed before it. `late`: it stands in for one that was not
    ready. `song_bar` is the bar of the DAW's song that it is, from 0; None where none is followed.
    """

    number: int
    tick: Ticks
    bar: Bar
    late: bool
    song_bar: int | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """The bars that are made for after the one that was placed last, and are to be placed next.

    None where that is not known, and others where something is said or played meanwhile.
    """

    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class HeardBar:
    """What a player played in the bar at a tick, and what was found in his last bars."""

    tick: Ticks
    bar: Bar
    found: Found


@dataclass(frozen=True, slots=True)
class Margin:
    """How long before it was due the last bar was ready, and the 5th percentile of many.

    In seconds, less than 0 where a bar was late.
    """

    last_s: float
    p5_s: float

    def __str__(self) -> str:
        return f"margin {self.last_s:.2f} s (p5 {self.p5_s:.2f})"


@dataclass(frozen=True, slots=True)
class Failed:
    """The policy raised instead of making the bar asked for under a number, or hangs; and why.

    `replaced`: it is loaded again, and goes on from the music so far. Else it was before, and what
    sounds where a bar is late plays on.
    """

    number: int
    why: str
    replaced: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is followed from here on, and others that roll and are not.

    `spp_unit` is what the song positions of a MIDI clock are taken to count. `trouble` says what is
    wrong with a master.
    """

    master: str | None
    others: tuple[str, ...] = ()
    spp_unit: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """The DAW has started, stopped, or gone elsewhere.

    From `tick` on, which is later than all that sounded before, its song goes on at `song_tick`,
    or stands there until it is `rolling`. Bar lines stay bar lines: what was cut off leaves its
    bar empty to the end.
    """

    tick: Ticks
    song_tick: Ticks
    rolling: bool


@dataclass(frozen=True, slots=True)
class Sounded:
    """A message went out at its tick. What was dropped before its time is never told of."""

    tick: Ticks
    port: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Changed:
    """A command takes effect at a tick; of a `Change` this is told of each setting.

    `what` is the name of the command, or of the setting, whose `value` it has from there on.
    """

    what: str
    tick: Ticks
    value: Value = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A command, or a setting, that is not obeyed, and why: what plays goes on as it was."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A bar that was heard is liked, `kept`, or is not; `before` are those that sounded before it.

    `played` is what was played with it, None where that is not known. `by` says whose bar it is:
    model and settings, as JSON.
    """

    kept: bool
    tick: Ticks
    bar: Bar
    before: tuple[Bar, ...]
    played: Bar | None
    by: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The music is over, and why."""

    why: str


Event = (
    Opened
    | PortOpened
    | Lost
    | News
    | Woke
    | Took
    | Fetched
    | Tempo
    | Placed
    | Ahead
    | HeardBar
    | Followed
    | Moved
    | Margin
    | Failed
    | Sounded
    | Changed
    | Refused
    | Judged
    | Stopped
)

Watcher = Callable[[Event], None]
"""Take an event, in the order in which they happen."""


def nobody(_event: Event) -> None:
    """Watch nothing."""
