"""What every way in shares: names become commands, and events go to whoever listens."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any

from daw_bridge.control.names import find
from daw_bridge.control.state import State
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Command, Inbox, name_of
from daw_bridge.jam.events import Event, Watcher

MOST, WITHIN_S = 500, 1.0
"""How many commands are taken within a time, from all together: far more than hands and knobs
give. A flood of them would hold up the music."""


class Desk:
    """Puts commands into the inbox of a jam, and watches the jam for all who control it.

    `do` may be called in any thread; as a watcher it is called in one.
    """

    def __init__(
        self, inbox: Inbox, state: State, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.state = state
        self._inbox = inbox
        self._now = now
        self._lately: deque[float] = deque()
        self._lock = Lock()
        self._listeners: list[Watcher] = []

    @property
    def name(self) -> str:
        """What the jam is called."""
        return self.state.name

    def listen(self, watcher: Watcher) -> None:
        """Tell somebody of all events from here on: in the thread of watchers, so be brief."""
        self._listeners.append(watcher)

    def __call__(self, event: Event) -> None:
        """Tell all of an event."""
        self.state(event)
        for watcher in tuple(self._listeners):
            watcher(event)

    def do(self, name: object, value: Any = None, at: str | None = None) -> str:
        """Have a command carried out; return what events will call it.

        Raises:
            UserError: there is none of that name, the value is none for it, or there are too many.
        """
        return self.put(find(name).command(value, at))

    def put(self, command: Command) -> str:
        """Have a command carried out; return what events will call it.

        Raises:
            UserError: there are too many.
        """
        with self._lock:
            now_s = self._now()
            while self._lately and self._lately[0] <= now_s - WITHIN_S:
                self._lately.popleft()
            if len(self._lately) >= MOST:
                raise UserError(f"at most {MOST} commands a second", "more", "say it again, slower")
            self._lately.append(now_s)
        self._inbox.put(command)
        return name_of(command)
