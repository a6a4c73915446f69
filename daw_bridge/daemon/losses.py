"""Ports that are lost, and opened again."""

from __future__ import annotations

from daw_bridge.errors import UserError
from daw_bridge.jam.events import Lost, Watcher
from daw_bridge.music.time import Seconds
from daw_bridge.ports.api import Ports

RETRY_S = 0.5
"""How often lost ports are tried again."""


class Losses:
    """The ports of a jam while they are lost: why is told, each reason once in a row."""

    def __init__(self, ports: Ports, tell: Watcher) -> None:
        self._ports = ports
        self._tell = tell
        self._retry_s: Seconds | None = None
        self._told = ""

    def back(self) -> bool:
        """Try lost ports again now and then; tell whether they have just come back."""
        if self._ports.alive():
            return False
        now_s = self._ports.clock.now()
        if self._retry_s is not None and now_s < self._retry_s:
            return False
        if self._retry_s is None:
            self._tell_loss(self._ports.why_lost())
        self._retry_s = Seconds(now_s + RETRY_S)
        try:
            self._ports.restart()
        except (UserError, RuntimeError) as error:
            self._tell_loss(str(error))
            return False  # the next try is at `_retry_s`
        self._retry_s, self._told = None, ""
        return True

    def _tell_loss(self, why: str) -> None:
        if why != self._told:
            self._told = why
            self._tell(Lost(why))
