"""A policy that fails in the middle of a jam: replaced once, and then done without."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource, Left
from daw_bridge.jam.events import Failed, Watcher, nobody
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.worker import Worker
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Seconds

OVERDUE_S = 10.0
"""How long after it was due a bar may come: some hundred times what one takes, and more than it
takes on a machine so busy that it is 30 times slower, where it is only late."""

FIRST_S = 20.0
"""How long the first bar may take, with all that is to be loaded, on a machine that is busy."""


class OnError(StrEnum):
    """What becomes of a jam whose policy fails."""

    PLAY = "play"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class SoFar:
    """Where a jam is: the number of the bar that is to come, and the last bars that were made.

    `undone` more were made before it, and are to be as if they had not been. `left` is where what
    made them is; None where nothing goes on from there.
    """

    number: int = 0
    bars: tuple[Bar, ...] = ()
    undone: int = 0
    left: Left | None = None


NOTHING = SoFar()

Again = Callable[[SoFar], BarSource]
"""Load the policy anew, to go on from the music so far."""


class Relieved:
    """A feed whose policy may raise, or never return: it is replaced, once, when its bar is due.

    The other one is loaded in the thread that then makes its bars; a thread that hangs in native
    code cannot be ended, and is left behind. What `failed` in the end is told, and bars are late
    from then on, most likely all. A jam that has had no bar yet fails with what the policy raised,
    and so does one that is to `STOP`. `now` gives the seconds by which bars are ready, which
    `margins` is told, and overdue. `wake` is called in the worker's thread after each bar. With
    `so_far` others have made the bars before.
    """

    def __init__(
        self,
        source: BarSource,
        again: Again | None,
        *,
        now: Callable[[], Seconds],
        margins: Margins,
        wake: Callable[[], None],
        tell: Watcher = nobody,
        on_error: OnError = OnError.PLAY,
        so_far: SoFar = NOTHING,
    ) -> None:
        self._again = again
        self._now = now
        self._margins = margins
        self._wake = wake
        self._tell = tell
        self._on_error = on_error
        self._so_far: deque[Bar] = deque(so_far.bars, maxlen=FARTHEST)
        self._begun = False
        self._wanted: dict[int, Ask] = {}
        self._missed: tuple[int, Seconds] | None = None
        self._worker = self._started(source)
        self.failed = ""

    @property
    def left(self) -> Left | None:
        """Where the source is, however far it has gone ahead; None before a bar was taken."""
        return self._worker.left

    def want(self, ask: Ask) -> None:
        """Have a bar made ahead."""
        self._wanted.setdefault(ask.number, ask)
        self._worker.want(ask)

    def take(self, ask: Ask) -> Bar | None:
        """Return a bar if it is ready; a policy that fails is replaced meanwhile.

        Raises:
            Exception: what the policy raised, where nothing is to play on.
        """
        try:
            bar = self._worker.take(ask)
            if bar is None:
                self._see_overdue(ask.number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the music may go on
            if not self.failed:
                self._fail(error, ask)
            return None
        if bar is not None:
            self._wanted.pop(ask.number, None)
            self._so_far.append(bar)
            self._begun = True
        return bar

    def ahead(self) -> Mapping[int, Bar]:
        """Return the bars that are made and were not taken, by their numbers."""
        return self._worker.ahead()

    def hear(self, number: int, bar: Bar) -> None:
        """Learn that the bar of a number came from elsewhere; what was wanted is dropped."""
        self._wanted.clear()
        self._worker.hear(number, bar)
        self._so_far.append(bar)

    def hear_player(self, ask: Ask) -> None:
        """Learn what a player's bar was in the end; what was wanted is dropped."""
        self._wanted.clear()
        self._worker.hear_player(ask)

    def drop(self) -> None:
        """Forget what is wanted or made."""
        self._wanted.clear()
        self._worker.drop()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop making bars; do not wait for one that never comes."""
        self._worker.stop(timeout_s)

    def _started(self, source: BarSource) -> Worker:
        worker = Worker(source, on_ready=self._ready)
        worker.start()
        return worker

    def _ready(self, number: int) -> None:
        self._margins.ready(number, self._now())
        self._wake()

    def _see_overdue(self, number: int) -> None:
        """Give up a bar that was missed long ago; the time before counts for nothing.

        Raises:
            TimeoutError: it was.
        """
        now_s = self._now()
        if self._missed is None or self._missed[0] != number:
            self._missed = number, now_s
        limit_s = OVERDUE_S if self._begun else FIRST_S
        if now_s - self._missed[1] >= limit_s:
            raise TimeoutError(f"no bar came for {limit_s:g} s")

    def _fail(self, error: Exception, ask: Ask) -> None:
        if self._on_error is OnError.STOP or not self._begun:
            raise error
        why = f"{type(error).__name__}: {error}"
        again, self._again = self._again, None
        self._tell(Failed(ask.number, why, replaced=again is not None))
        if again is None:
            self.failed = why
            return
        self._worker.stop(timeout_s=0.0)
        self._missed = None
        self._worker = self._started(Loading(again, SoFar(ask.number, tuple(self._so_far))))
        self._wanted.setdefault(ask.number, ask)
        for _, each in sorted(self._wanted.items()):
            self._worker.want(each)


class Loading:
    """A source that is loaded when its first bar is asked for, in the thread that asks."""

    def __init__(self, load: Again, so_far: SoFar) -> None:
        self._loaded = cache(partial(load, so_far))
        self._source: BarSource | None = None

    def __copy__(self) -> BarSource:
        """Return a copy of what was loaded, or one that is loaded with this one."""
        if self._source is not None:
            return copy(self._source)
        other = object.__new__(Loading)
        vars(other).update(vars(self))
        return other

    def bar(self, ask: Ask) -> Bar:
        """Make a bar."""
        return self.loaded().bar(ask)

    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one."""
        self.loaded().hear(number, bar)

    def loaded(self) -> BarSource:
        """Return what is loaded, now if it was not before."""
        if self._source is None:
            self._source = copy(self._loaded())
        return self._source
