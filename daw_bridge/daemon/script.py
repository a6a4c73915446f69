"""A performance's outside as a log has it: the clock, the inbox, and which bars were late."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Inbox, Thing
from daw_bridge.jam.events import Failed, Fetched, Lost, Margin, Opened, Took, Woke
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.primer import harmony_of
from daw_bridge.jam.relief import NOTHING, Again, Loading, SoFar
from daw_bridge.jam.shadow import Harmony
from daw_bridge.midi.messages import TimedMessage
from daw_bridge.midi.sounding import Key
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import Counts, PortSpec
from daw_bridge.ports.clock import Wake

Told = TypeVar("Told")


class NothingMoreError(Exception):
    """What is asked for was not asked for then."""


class Script:
    """What came from outside, to be asked for in the order in which it came.

    `began_s` and `now_s` are the first and the last time at which the clock was looked at; `next`
    is what is to be asked for next, None at the end.
    """

    def __init__(self, lines: Iterator[object]) -> None:
        self.began_s: Seconds | None = None
        self.now_s = Seconds(0.0)
        self.frame_rate: int | None = None
        self.names: Mapping[str, str] = {}
        self._lines = lines
        self.next = next(lines, None)
        with suppress(NothingMoreError):
            self.look()  # the performance does so before all else

    def take(self, kind: type[Told]) -> Told | None:
        """Take out what is next, if it is of a kind."""
        line = self.next
        if not isinstance(line, kind):
            return None
        self.next = next(self._lines, None)
        return line

    def look(self) -> None:
        """Look at the clock.

        Raises:
            NothingMoreError: nobody did so here.
        """
        self._pass_ports()
        woke = self.take(Woke)
        if woke is None:
            raise NothingMoreError
        self.now_s = woke.time_s
        self.began_s = woke.time_s if self.began_s is None else self.began_s

    @property
    def passed_s(self) -> float:
        """The seconds from the first look to the last one."""
        return 0.0 if self.began_s is None else self.now_s - self.began_s

    def _pass_ports(self) -> None:
        """Let ports come and go: all that a session knows of it is the time that it took."""
        while isinstance(self.next, Opened | Lost):
            if isinstance(self.next, Opened):
                self.names, self.frame_rate = dict(self.next.names), self.next.frame_rate
            self.next = next(self._lines, None)


class ScriptedClock:
    """A clock that shows the times of a script, one for each wait."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def now(self) -> Seconds:
        """Return the time of the last look."""
        return self._script.now_s

    def wait_until(self, _deadline: Seconds, _wake: Wake) -> None:
        """Go on to the next look.

        Raises:
            NothingMoreError: there was none.
        """
        self._script.look()


class ScriptedInbox(Inbox):
    """An inbox in which is what was taken out of it then."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    def take(self) -> list[Thing]:
        """Take out what was taken out, at the time at which it was."""
        things = []
        while (took := self._script.take(Took)) is not None:
            self._script.now_s = took.time_s
            things.append(took.thing)
        return things


class ScriptedFeed(InlineFeed):
    """A feed that makes bars when they are asked for, and none where it was not ready.

    Where the policy was loaded again, so it is here, by `load`. With `so_far` others have made the
    bars before.
    """

    def __init__(self, load: Again, script: Script, so_far: SoFar = NOTHING) -> None:
        self._first = Loading(load, so_far)
        super().__init__(self._first)
        self._load = load
        self._script = script
        self._so_far: deque[Bar] = deque(so_far.bars, maxlen=FARTHEST)

    @property
    def harmony(self) -> Callable[[], Harmony] | None:
        """What makes the chords of a player who is followed, where the source knows any."""
        return harmony_of(self._first.loaded())

    def hear(self, number: int, bar: Bar) -> None:
        """Learn that the bar of a number came from elsewhere; what was wanted is dropped."""
        super().hear(number, bar)
        self._so_far.append(bar)

    def take(self, ask: Ask) -> Bar | None:
        """Make a bar, unless it was late.

        Raises:
            NothingMoreError: it was not asked for here.
            RuntimeError: it could not be made.
        """
        failed = self._script.take(Failed)
        if failed is not None and failed.replaced:
            self._begun = False
            self.source = Loading(self._load, SoFar(failed.number, tuple(self._so_far)))
        fetched = self._script.take(Fetched)
        if fetched is None or fetched.number != ask.number:
            raise NothingMoreError
        if fetched.error:
            raise RuntimeError(fetched.error)
        if not fetched.made:
            return None
        bar = super().take(ask)
        assert bar is not None  # noqa: S101  # it was made then
        self._so_far.append(bar)
        return bar


class ScriptedMargins(Margins):
    """Margins that are what they were."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    def placed(self, number: int, due_s: Seconds, bar_s: float) -> Margin | None:
        """Return the margin that there was."""
        del number, due_s
        told = self._script.take(Margin)
        return None if told is None else self._taken(told.last_s, bar_s)


class ScriptedPorts:
    """Ports into which nothing goes, with the clock of a script."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.clock = ScriptedClock(script)

    @property
    def frame_rate(self) -> int | None:
        """The frames per second of the clock, as they were."""
        return self._script.frame_rate

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the ports, as they were."""
        return self._script.names

    def open_more(self, spec: PortSpec) -> None:
        """Do nothing: what was looked up needs no port."""

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Do nothing."""

    def news(self) -> list[str]:
        """Tell nothing."""
        return []

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Do nothing."""

    def silence(self) -> None:
        """Do nothing."""

    def take_back(self, serial: int) -> None:
        """Do nothing."""

    def follow(self, source: str | None) -> None:
        """Do nothing."""

    def lead(self, position: Position) -> None:
        """Do nothing."""

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Do nothing."""

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        """Do nothing."""

    def counts(self) -> Counts:
        """Count nothing."""
        return Counts()

    def alive(self) -> bool:
        """Return True: what came of a loss is in the script."""
        return True

    def why_lost(self) -> str:
        """Return ""."""
        return ""

    def restart(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def may_sound(self) -> tuple[Key, ...]:
        """List no keys."""
        return ()
