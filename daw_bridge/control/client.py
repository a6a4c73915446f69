"""The other end of a jam's socket: what tells it something, asks it, and watches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from daw_bridge.control.lines import line_of, parse
from daw_bridge.control.places import connect
from daw_bridge.errors import UserError, UserErrors

LONGEST_TOLD = 1 << 22
"""Of a line that a jam tells, in bytes: a status, a bar of many notes."""


class Client:
    """A connection to a running jam; `name` None: to the one that there is.

    Raises:
        UserError: there is none, or several and none is named.
    """

    def __init__(self, name: str | None = None) -> None:
        self._socket = connect(name)
        self._said = bytearray()
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._socket.close()

    def say(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Say something; return the answer. Events that come before it wait for `events`.

        Raises:
            UserError: it is refused, or the jam has gone.
        """
        self._send(line_of(dict(said)))
        while "event" in (told := self._line()):
            self._events.append(told)
        return _unless_error(told)

    def tell(
        self, name: str, value: Any, at: str | None, patience_s: float
    ) -> dict[str, Any] | None:
        """Say a name and its value; return the event that says what came of it.

        That is `changed`, `refused`, or `stopped`; None: nothing has come of it in time.

        Raises:
            UserError: it is none, or the jam has gone.
        """
        self.say({"ask": "watch", "only": ["changed", "refused", "stopped"]})
        keys = set(self.say({"do": name, "value": value, "at": at})["ok"].split())
        for event in self.events(patience_s):
            if event.get("what") in keys or event["event"] == "stopped":
                return event
        return None

    def events(self, timeout_s: float | None = None) -> Iterator[dict[str, Any]]:
        """Yield events as they come, until the jam is gone, or none has come for so long.

        Raises:
            UserError: the jam lets us go: others need our place.
        """
        self._socket.settimeout(timeout_s)
        while True:
            if self._events:
                yield self._events.pop(0)
                continue
            try:
                told = self._line()
            except (UserError, TimeoutError):
                return
            yield _unless_error(told)

    def _send(self, line: bytes) -> None:
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise _gone() from error

    def _line(self) -> dict[str, Any]:
        """Return the next line.

        Raises:
            UserError: the jam has gone.
            TimeoutError: none has come in time.
        """
        while (end := self._said.find(b"\n")) < 0:
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                raise
            except OSError:
                data = b""
            if not data or len(self._said) > LONGEST_TOLD:
                raise _gone()
            self._said += data
        line = bytes(self._said[:end])
        del self._said[: end + 1]
        return parse(line)


def _unless_error(told: dict[str, Any]) -> dict[str, Any]:
    if "error" in told:
        raise UserErrors([str(told["error"])])
    return told


def _gone() -> UserError:
    return UserError("a jam that runs", "one that has ended", "start it again: daw-bridge jam")
