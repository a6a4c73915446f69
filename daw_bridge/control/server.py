"""The local socket of a jam: commands come in as lines, answers and events go out."""

from __future__ import annotations

import secrets
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from daw_bridge.control.desk import Desk
from daw_bridge.control.lines import (
    DO,
    LONGEST,
    asked,
    event_line,
    line_of,
    name_of,
    parse,
    watched,
)
from daw_bridge.control.places import Door
from daw_bridge.errors import UserError
from daw_bridge.jam.events import Event

MOST_CLIENTS = 32
"""Of those who have said their token, and as many who have not."""

UNREAD = 1 << 18
"""How many bytes of events wait for a client at most: the rest is dropped, which it is told."""

UNANSWERED = 1 << 20
"""A client that lets so many bytes wait, and goes on asking, is cut off."""

PATIENCE_S = 10.0
"""How long a line may take to be whole, and a client to say its token."""

STRANGE = 20
"""After so many lines on end that are none, a client is cut off."""

READ = 1 << 16

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Answer what was asked, in the server's thread, or raise a `UserError`."""


class _CutOffError(Exception):
    """A client is to go: it has, or it is hostile."""


@dataclass(slots=True, eq=False)
class _Client:
    """One connection: what it has said of a line, since when, and what waits for it.

    It was `active_s` when it last said or read something.
    """

    socket: socket.socket
    known: bool
    since_s: float
    active_s: float
    said: bytearray = field(default_factory=bytearray)
    unread: bytearray = field(default_factory=bytearray)
    dropped: int = 0
    strange: int = 0
    watches: bool = False
    only: frozenset[str] = frozenset()

    def tell(self, name: str, line: bytes) -> None:
        """Let an event wait for it, if it is one that it watches and there is room."""
        if not self.watches or (self.only and name not in self.only):
            return
        if len(self.unread) + len(line) > UNREAD:
            self.dropped += 1
            return
        self._tell_dropped()
        self.unread += line

    def flush(self) -> None:
        """Hand out what it takes at once.

        Raises:
            OSError: it has gone.
        """
        with suppress(BlockingIOError):
            while self.unread:
                del self.unread[: self.socket.send(self.unread[:READ])]
                self.active_s = time.monotonic()
        if not self.unread:
            self._tell_dropped()

    def _tell_dropped(self) -> None:
        if self.dropped:
            self.unread += line_of({"event": "dropped", "count": self.dropped})
            self.dropped = 0


class Server:
    """Serves the clients of a jam in a thread of its own, which only puts commands into the inbox.

    None of them can hold up the music or another: what a client sends is bounded, and so is what
    waits for one that does not read. `answers` are the questions that it answers, by name.
    """

    def __init__(self, door: Door, desk: Desk, answers: Mapping[str, Answer]) -> None:
        self._door = door
        self._desk = desk
        self._answers = answers
        self._clients: dict[socket.socket, _Client] = {}
        self._events: deque[tuple[str, bytes]] = deque()
        self._watched = False
        self._selector = selectors.DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        for each in (self._bell, self._ear):
            each.setblocking(False)
        self._closing = False
        self._selector.register(door.listener, selectors.EVENT_READ)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Tell those who watch of an event; in any thread."""
        if self._watched and (line := event_line(event)) is not None:
            self._events.append((name_of(event), line))
            self._ring()

    def close(self) -> None:
        """Tell what is still to be told, as far as it is read at once, and let everybody go."""
        self._closing = True
        self._ring()
        self._thread.join(PATIENCE_S)
        self._bell.close()
        self._door.close()

    def _ring(self) -> None:
        with suppress(OSError):  # it rings already, or all is over
            self._bell.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._closing:
                ready = [key.fileobj for key, _ in self._selector.select(self._patience_s())]
                # who has gone makes room before who has come asks for it
                for one in sorted(ready, key=lambda one: one is self._door.listener):
                    self._serve(one)
                self._hand_out()
                for client in self._overdue():
                    self._let_go(client)
            self._hand_out()
        finally:
            for client in tuple(self._clients.values()):
                self._let_go(client)
            self._selector.close()
            self._ear.close()

    def _overdue(self) -> list[_Client]:
        """List those who were to say something, and have not."""
        before_s = time.monotonic() - PATIENCE_S
        return [each for each in self._unfinished() if each.since_s <= before_s]

    def _unfinished(self) -> list[_Client]:
        return [each for each in self._clients.values() if each.said or not each.known]

    def _patience_s(self) -> float | None:
        """How long to wait at most: until somebody is to be cut off."""
        since_s = min((each.since_s for each in self._unfinished()), default=None)
        return None if since_s is None else max(0.0, since_s + PATIENCE_S - time.monotonic())

    def _serve(self, ready: Any) -> None:
        if ready is self._ear:
            self._ear.recv(READ)
        elif ready is self._door.listener:
            with suppress(OSError):  # it has gone again, or there are too many files
                self._let_in(self._door.listener.accept()[0])
        elif (client := self._clients.get(ready)) is not None:
            try:
                self._hear(client)
            except (_CutOffError, OSError):
                self._let_go(client)

    def _let_in(self, one: socket.socket) -> None:
        one.setblocking(False)
        known, now_s = not self._door.token, time.monotonic()
        self._make_room(known=known)
        self._clients[one] = _Client(one, known, since_s=now_s, active_s=now_s)
        self._selector.register(one, selectors.EVENT_READ)

    def _make_room(self, *, known: bool) -> None:
        """Let the client go that has been idle for the longest, where there are as many as may be.

        A stranger takes no place of those who have said their token.
        """
        there = [each for each in self._clients.values() if each.known == known]
        if len(there) >= MOST_CLIENTS:
            idle = min(there, key=lambda each: each.active_s)
            error = UserError(f"at most {MOST_CLIENTS} clients", "one more", "this one was idle")
            idle.unread += line_of({"error": str(error)})
            self._let_go(idle)

    def _let_go(self, client: _Client) -> None:
        if self._clients.pop(client.socket, None) is not None:
            self._selector.unregister(client.socket)
            with suppress(OSError):
                client.flush()
            client.socket.close()
            self._watched = any(each.watches for each in self._clients.values())

    def _hear(self, client: _Client) -> None:
        """Take what a client says, and answer each whole line.

        Raises:
            _CutOffError: it has gone, or is hostile.
            OSError: it has gone.
        """
        try:
            data = client.socket.recv(READ)
        except BlockingIOError:
            return  # it was ready to be written to
        if not data:
            raise _CutOffError
        client.active_s = time.monotonic()
        if not client.said:
            client.since_s = client.active_s
        client.said += data
        *lines, rest = client.said.split(b"\n")
        if max(map(len, (*lines, rest))) > LONGEST:
            raise _CutOffError
        if lines:
            client.said, client.since_s = rest, client.active_s
        for line in lines:
            self._take(client, bytes(line))

    def _take(self, client: _Client, line: bytes) -> None:
        try:
            said = parse(line)
            client.strange = 0
        except UserError as error:
            client.strange += 1
            if not client.known or client.strange >= STRANGE:
                raise _CutOffError from error
            said = {"error": str(error)}
        if not client.known:
            token = str(said.get("token")).encode("utf-8", "replace")
            if not secrets.compare_digest(token, self._door.token.encode()):
                raise _CutOffError
            self._make_room(known=True)
            client.known = True
            return
        client.unread += line_of(said if "error" in said else self._answer(client, said))
        if len(client.unread) > UNANSWERED:
            raise _CutOffError

    def _answer(self, client: _Client, said: Mapping[str, Any]) -> dict[str, Any]:
        try:
            what = asked(said)
            if what == DO:
                return {"ok": self._desk.do(said["do"], said.get("value"), said.get("at"))}
            if what == "watch":
                client.only = watched(said)
                client.watches = self._watched = True
                return {"ok": "watch"}
            return self._answers[what](said)
        except UserError as error:
            return {"error": str(error)}

    def _hand_out(self) -> None:
        """Let what has happened wait for those who watch, and hand out what they take."""
        while self._events:
            name, line = self._events.popleft()
            for client in self._clients.values():
                client.tell(name, line)
        for client in tuple(self._clients.values()):
            try:
                client.flush()
            except OSError:
                self._let_go(client)
                continue
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unread else 0)
            if self._selector.get_key(client.socket).events != wanted:
                self._selector.modify(client.socket, wanted)
