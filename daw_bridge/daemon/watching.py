"""Events on their way to watchers, none of whom can hold up the music."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from daw_bridge.errors import UserError
from daw_bridge.jam.events import Event, Watcher

BEHIND = 100_000
"""How many events a watcher may be behind, an hour of dense music, before it is told no more."""

PATIENCE_S = 5.0
"""How long a watcher may take at the end for what it was told before."""


@contextmanager
def telling(watchers: Iterable[Watcher], *, live: bool) -> Iterator[Watcher]:
    """Yield what tells all watchers of an event: at once, or `live` in a thread of each.

    Live, a watcher that is slow holds up neither the music nor the others, and one that raises is
    told no more; what it raised is raised here in the end, when all else is done.

    Raises:
        Exception: what a watcher raised.
    """
    if not live:
        audience = tuple(watchers)

        def tell(event: Event) -> None:
            for watcher in audience:
                watcher(event)

        yield tell
        return
    desks = [_Desk(watcher) for watcher in watchers]

    def put(event: Event) -> None:
        for desk in desks:
            desk.put(event)

    try:
        yield put
    finally:
        for desk in desks:
            desk.close()
    for desk in desks:
        if desk.error is not None:
            raise desk.error


class _Desk:
    """The desk of one watcher, which is handed events in a thread of its own."""

    def __init__(self, watcher: Watcher) -> None:
        self.error: BaseException | None = None
        self._watcher = watcher
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        # A watcher that waits for a terminal or a disk cannot be interrupted, nor keep us alive.
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Hand on an event, unless the watcher has failed."""
        if self.error is None and self._events.qsize() >= BEHIND:
            self.error = UserError(
                "whoever watches the jam to keep up", f"{BEHIND} events waiting", "see what hangs"
            )
        if self.error is None:
            self._events.put(event)

    def close(self) -> None:
        """Wait until all events are taken, within bounds."""
        self._events.put(None)
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        while self.error is None and (event := self._events.get()) is not None:
            try:
                self._watcher(event)
            except BaseException as error:  # noqa: BLE001 - raised again when the jam is over
                self.error = error
