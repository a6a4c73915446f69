"""A progress bar for what takes long, where there is a terminal to show it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from daw_bridge.jam.events import Event, Placed, Stopped

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_S = 2.0
"""What is done sooner shows no bar."""


class StepsShown:
    """How many steps are done, and of how many, shown once it takes long.

    `now` tells the seconds, and `stream` (standard error) is where the bar is shown.
    """

    def __init__(
        self,
        what: str,
        *,
        now: Callable[[], float] = time.monotonic,
        stream: TextIO | None = None,
    ) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._now = now
        self._late_s = now() + PATIENCE_S
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()

    def show(self, done: int, total: int) -> None:
        """Show how many steps are done."""
        if self._progress is None and self._stream.isatty() and self._now() > self._late_s:
            self._begin(total)
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=done)

    def _begin(self, total: int) -> None:
        from rich.console import Console  # noqa: PLC0415  # seldom needed
        from rich.progress import Progress  # noqa: PLC0415

        self._progress = Progress(console=Console(file=self._stream), transient=True)
        self._progress.add_task(self._what, total=total)
        self._progress.start()


class BarsShown(StepsShown):
    """A count of the bars of one performance after another, shown once it takes long."""

    def __init__(self, total: int, **shown: Any) -> None:
        super().__init__("bars", **shown)
        self._total = total
        self._done = 0
        self._last: int | None = None

    def __call__(self, event: Event) -> None:
        """Count a bar that was placed: once, though another one may take its place."""
        match event:
            case Placed(number) if number != self._last:
                self._last = number
                self._done += 1
                self.show(self._done, self._total)
            case Stopped():
                self._last = None


@contextmanager
def share_shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error, where that is a terminal, how much is done, and of how much."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task: Any = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
