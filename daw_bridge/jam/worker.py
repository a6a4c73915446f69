"""Bars made ahead of time. The only module of `jam` that starts a thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from copy import copy

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource, Left
from daw_bridge.music.notes import Bar


class Worker:
    """A maker of the bars that are wanted, in their order, in a thread of its own.

    `on_ready` is called in that thread with the number of each bar that was made, or that failed.
    What the source raises is kept for whoever takes the bar; the bars that were wanted after it are
    not tried. `left` is where the source is after the bar that was taken last, None before one was:
    from there it goes on once what it made ahead is dropped, so that no bar hangs on how far ahead
    it was.
    """

    def __init__(
        self, source: BarSource, *, on_ready: Callable[[int], None] = lambda _number: None
    ) -> None:
        self._left, self._begun = Left(copy(source)), False
        self._source: BarSource | None = source
        self._on_ready = on_ready
        self._changed = threading.Condition()
        self._wanted: deque[Ask] = deque()
        self._next = 0
        self._made: dict[int, tuple[Bar, Left]] = {}
        self._error: BaseException | None = None
        self._drops = 0
        self._stopping = False
        # A policy stuck in native code cannot be interrupted; as a daemon it cannot keep us alive.
        self._thread = threading.Thread(target=self._run, name="bar worker", daemon=True)

    @property
    def left(self) -> Left | None:
        """Where the source is, however far it has gone ahead; None before a bar was taken."""
        return self._left if self._begun else None

    def start(self) -> None:
        """Begin to make bars."""
        self._thread.start()

    def want(self, ask: Ask) -> None:
        """Have a bar made ahead."""
        with self._changed:
            if ask.number >= self._next:
                self._next = ask.number + 1
                self._wanted.append(ask)
                self._changed.notify()

    def take(self, ask: Ask) -> Bar | None:
        """Return a bar if it is ready."""
        with self._changed:
            if ask.number not in self._made and self._error is not None:
                raise self._error
            bar, self._left = self._made.pop(ask.number, (None, self._left))
            self._begun |= bar is not None
            return bar

    def ahead(self) -> Mapping[int, Bar]:
        """Return the bars that are made and were not taken, by their numbers."""
        with self._changed:
            return {number: bar for number, (bar, _) in self._made.items()}

    def drop(self) -> None:
        """Forget what is wanted or made; a bar that is being made goes nowhere."""
        with self._changed:
            self._wanted.clear()
            self._made.clear()
            self._source = None
            self._next, self._error = 0, None
            self._drops += 1

    def hear(self, number: int, bar: Bar) -> None:
        """Forget what is wanted or made, and let the source hear the bar of a number."""
        self.hear_player(Ask(number, meter=bar.meter, heard=bar, hears=True, ours=True))

    def hear_player(self, ask: Ask) -> None:
        """Forget what is wanted or made, and let the source hear a bar as it is asked to."""
        self.drop()
        with self._changed:
            self._left = self._left.hearing(ask)

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Stop making bars; tell whether the thread ended in time."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._make_next():
            pass

    def _make_next(self) -> bool:
        """Make the bar that is wanted next, and wait for one to be wanted; False at the end."""
        asked = self._asked()
        if asked is None:
            return False
        ask, drops, source, left = asked
        made = error = None
        try:
            if source is None:
                source = left.source()
                self._keep(left, Left(copy(source)))
            made = source.bar(ask), Left(copy(source))
        except BaseException as raised:  # noqa: BLE001 - raised again where the bar is taken
            error = raised
        with self._changed:
            if drops != self._drops:
                return True
            self._source = source
            if made is not None:
                self._made[ask.number] = made
            self._error = error
        self._on_ready(ask.number)
        return True

    def _keep(self, left: Left, heard: Left) -> None:
        """Hear what was heard only once, unless more was since."""
        with self._changed:
            if self._left is left:
                self._left = heard

    def _asked(self) -> tuple[Ask, int, BarSource | None, Left] | None:
        """Wait for what is wanted next; return it, how often was dropped, and what is to make it.

        That is where it was left, unless it is there. None is the end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or (self._wanted and self._error is None))
            if self._stopping:
                return None
            return self._wanted.popleft(), self._drops, self._source, self._left
