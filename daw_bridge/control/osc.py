"""OSC: the names of the table as addresses, and what happens sent back."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from daw_bridge.control.desk import Desk
from daw_bridge.control.names import Name, find, name_of, table
from daw_bridge.control.osc_packets import LONGEST, Message, messages_of, packet_of
from daw_bridge.control.places import LOOPBACK
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Command
from daw_bridge.jam.commands import name_of as key_of
from daw_bridge.jam.events import (
    Changed,
    Event,
    Lost,
    Moved,
    Placed,
    Refused,
    Stopped,
    Tempo,
)

MOST_WATCHING = 16

MOST_OPEN = 256
"""Commands of which it is known who said them, until they act or are refused."""

Peer = tuple[str, int]

QUESTIONS = {
    "/watch": "Send what happens to this address from here on; with a number: to that port of it.",
    "/unwatch": "Send nothing more.",
    "/status": "Send the bar and every setting, once.",
}

ANSWERS = {
    "/bar": "A bar began to be played: its number.",
    "/rolling": "Whether the DAW that is followed rolls.",
    "/refused": "What is not obeyed, and why.",
    "/lost": "The MIDI ports are gone, and why.",
    "/stopped": "The jam has ended, and why.",
}


class Osc:
    """Listens for OSC in a thread of its own, and sends back what happens to those who watch.

    `host` is 127.0.0.1 unless the user named another. Widgets that send 1 when they are pressed and
    0 when they are let go do what takes no value once. Times of bundles do not count.

    Raises:
        UserError: the port cannot be had.
    """

    def __init__(self, desk: Desk, port: int, host: str = LOOPBACK) -> None:
        self._desk = desk
        self._watching: dict[Peer, None] = {}
        self._open: deque[tuple[str, Peer]] = deque(maxlen=MOST_OPEN)
        self._lock = threading.Lock()
        self._closing = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            why = getattr(error, "strerror", None) or error
            raise UserError("a port for OSC", f"{host}:{port} ({why})", "give another") from error
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Send an event to those who watch, and a refusal to who said what is refused."""
        match event:
            case Changed(what):
                self._settle(what)
            case Refused(what, why):
                for peer in self._settle(what):
                    self._send(peer, "/error", f"{name_of(what)} is refused: {why}")
        if self._watching and (said := _said(event)) is not None:
            address, arguments = said
            for peer in tuple(self._watching):
                self._send(peer, address, *arguments)

    def close(self) -> None:
        """Listen no more."""
        self._closing = True
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", (LOOPBACK, self.port))
        self._thread.join(1.0)
        self._socket.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                packet, peer = self._socket.recvfrom(LONGEST + 1)
            except OSError:  # on Windows: somebody whom we sent to has gone
                continue
            if packet:
                self._take(packet, peer)

    def _take(self, packet: bytes, peer: Peer) -> None:
        try:
            for message in messages_of(packet):
                self._obey(message, peer)
        except UserError as error:
            self._send(peer, "/error", str(error))

    def _obey(self, message: Message, peer: Peer) -> None:
        """Do what a message says.

        Raises:
            UserError: it is none.
        """
        match message.address:
            case "/watch":
                self._watch(peer, message.arguments)
            case "/unwatch":
                for each in [each for each in self._watching if each[0] == peer[0]]:
                    self._watching.pop(each, None)
            case "/status":
                self._tell_all(peer)
            case _:
                name, value, at = told_by(message)
                if name is not None:
                    self._do(name.command(value, at), peer)

    def _do(self, command: Command, peer: Peer) -> None:
        """Have a command carried out, and remember whose it is.

        Raises:
            UserError: there are too many.
        """
        said = key_of(command), peer
        with self._lock:  # before it is put: what comes of it may come at once
            self._open.append(said)
        try:
            self._desk.put(command)
        except UserError:
            with self._lock, suppress(ValueError):
                self._open.remove(said)
            raise

    def _settle(self, key: str) -> Iterable[Peer]:
        """Return who waits for what comes of a name, and let the first wait no more.

        An event does not say whose command it is: of several who said the same name, all are told.
        """
        with self._lock:
            waiting = [each for each in self._open if each[0] == key]
            if waiting:
                self._open.remove(waiting[0])
        return dict.fromkeys(peer for _, peer in waiting)

    def _watch(self, peer: Peer, arguments: tuple[Any, ...]) -> None:
        port = arguments[0] if arguments else peer[1]
        if type(port) is not int or not 0 < port < 1 << 16:
            raise UserError("a port after /watch", repr(port)[:40], "such as /watch 9001")
        if len(self._watching) >= MOST_WATCHING:
            raise UserError(f"at most {MOST_WATCHING} who watch", "one more", "say /unwatch")
        self._watching[(peer[0], port)] = None
        self._tell_all((peer[0], port))

    def _tell_all(self, peer: Peer) -> None:
        status = self._desk.state.status()
        if status["bar"] is not None:
            self._send(peer, "/bar", status["bar"])
        for name, value in status["settings"].items():
            self._send(peer, address_of(name), *arguments_of(value))

    def _send(self, peer: Peer, address: str, *arguments: Any) -> None:
        with suppress(OSError):  # they have gone, or their queue is full
            self._socket.sendto(packet_of(address, *arguments), peer)


def told_by(message: Message) -> tuple[Name | None, Any, str | None]:
    """Return the name that an address stands for, its value, and when it acts; None: do nothing.

    Raises:
        UserError: there is none of that address.
    """
    try:
        name = find(message.address.removeprefix("/").replace("/", "."))
    except UserError as error:
        raise UserError("an address of OSC", repr(message.address[:60]), error.do) from error
    arguments = list(message.arguments)
    at = None
    if len(name.at) > 1 and len(arguments) > 1:
        if len(arguments) > 2 or arguments[-1] not in name.at:
            usual, said = " or ".join(name.at), repr(arguments[1:])[1:-1][:40]
            raise UserError(f"{usual} after the value of {name.name}", said, "say one of them")
        at = arguments.pop()
    if name.setting is None:
        pressed = not arguments or (len(arguments) == 1 and arguments[0] not in (0, None))
        return (name if pressed else None), None, at
    if not arguments:
        return name, None, at
    value = arguments[0] if len(arguments) == 1 else arguments
    name.refuse_path(value)
    return name, value, at


def address_of(name: str) -> str:
    """Return the address of a name."""
    return f"/{name.replace('.', '/')}"


def arguments_of(value: Any) -> tuple[Any, ...]:
    """Return a value as arguments: one for each of several."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def addresses() -> Iterator[tuple[str, str]]:
    """List every address with the types that it takes, and what it does."""
    for each in table().values():
        yield f"{address_of(each.name)} {_types(each)}".rstrip(), each.words()
    yield from QUESTIONS.items()


def _types(name: Name) -> str:
    if name.setting is None:
        return ""
    kind = name.setting.field.kind
    return _TYPES.get(kind, "s") if isinstance(kind, type) else "s"


_TYPES: Mapping[type, str] = {float: "f", int: "i", bool: "T|F"}


def _said(event: Event) -> tuple[str, tuple[Any, ...]] | None:  # noqa: PLR0911  # an event each
    """Return an event as an address and its arguments; None where it is none to send."""
    match event:
        case Changed(what, _, value):
            return address_of(name_of(what)), () if value is None else arguments_of(value)
        case Tempo(_, tempo_qpm):
            return "/tempo", (tempo_qpm,)
        case Placed(number):
            return "/bar", (number,)
        case Moved(rolling=rolling):
            return "/rolling", (rolling,)
        case Refused(what, why):
            return "/refused", (name_of(what), why)
        case Lost(why):
            return "/lost", (why,)
        case Stopped(why):
            return "/stopped", (why,)
    return None
