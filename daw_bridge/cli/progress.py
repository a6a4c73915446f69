"""A progress bar for what takes long, where there is a terminal to show it."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from daw_bridge import daemon

if TYPE_CHECKING:
    from rich.progress import Progress

    from daw_bridge.jam.session import Session

PATIENCE_S = 2.0
"""What is done sooner shows no bar."""


class BarsShown(daemon.Watcher):
    """Count the bars of one performance after another, and show them once it takes long."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._session: Session | None = None
        self._begun_s = time.monotonic()
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

    def advanced(self, session: Session) -> None:
        """Learn how far a performance is."""
        if self._session is not None and self._session is not session:
            self._done += self._session.bars_played
        self._session = session
        if self._progress is None and sys.stderr.isatty():
            self._begin_once_it_is_late()
        if self._progress is not None:
            done = self._done + session.bars_played
            self._progress.update(self._progress.task_ids[0], completed=done)

    def _begin_once_it_is_late(self) -> None:
        if time.monotonic() - self._begun_s < PATIENCE_S:
            return
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._progress.add_task("bars", total=self._total)
        self._progress.start()
