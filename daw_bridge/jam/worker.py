"""Bars made ahead of time. The only module of `jam` that starts a thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from daw_bridge.jam.bars import BarSource
from daw_bridge.music.notes import Bar


class Feed(Protocol):
    """Hand out bars without ever waiting."""

    def ready(self) -> bool:
        """Tell whether `take` will give a bar, or raise."""

    def take(self) -> Bar | None:
        """Give the next bar, or None where it is not ready.

        Raises:
            Exception: whatever the source raised while it made bars.
        """


class InlineFeed:
    """Make each bar when it is asked for: for virtual time, where no bar can be late."""

    def __init__(self, source: BarSource) -> None:
        self._source = source

    def ready(self) -> bool:
        """Tell that a bar can always be had."""
        return True

    def take(self) -> Bar:
        """Make the next bar in the calling thread."""
        return self._source.next_bar()


class Worker:
    """Make bars in a thread of its own, `ahead` of them at most.

    `on_ready` is called in the worker's thread after each bar, and after a failure.
    """

    def __init__(
        self, source: BarSource, *, ahead: int = 2, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._source = source
        self._on_ready = on_ready
        self._bars: deque[Bar] = deque()
        self._room = threading.Semaphore(ahead)
        self._stopping = False
        self._error: BaseException | None = None
        # A policy stuck in native code cannot be interrupted; as a daemon it cannot keep us alive.
        self._thread = threading.Thread(target=self._run, name="bar worker", daemon=True)

    def start(self) -> None:
        """Begin to make bars."""
        self._thread.start()

    def ready(self) -> bool:
        """Tell whether a bar is made, or none will be."""
        return bool(self._bars) or self._error is not None

    def take(self) -> Bar | None:
        """Give the next bar if it is ready, and make room for another one."""
        if not self._bars:
            if self._error is not None:
                raise self._error
            return None
        bar = self._bars.popleft()
        self._room.release()
        return bar

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Stop making bars; tell whether the thread ended in time."""
        self._stopping = True
        self._room.release()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._room.acquire()
            if self._stopping:
                return
            try:
                self._bars.append(self._source.next_bar())
            except BaseException as error:  # noqa: BLE001 - raised again where bars are taken
                self._error = error
                return
            finally:
                self._on_ready()
