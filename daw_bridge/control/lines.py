"""What goes over the local socket: a value in JSON on each line, of bounded length.

A client says `{"do": "temperature", "value": 0.7, "at": "bar"}`, or asks: `{"ask": "status"}`. Each
is answered with a line: `{"ok": ...}`, or `{"error": ...}`. Once it has asked to `watch`, lines of
events come as well, each with its name as `event`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NoReturn, get_args

from daw_bridge.errors import UserError, near
from daw_bridge.jam.events import Event, Fetched, Took, Woke
from daw_bridge.music.keys import Key
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

LONGEST = 1 << 14
"""Of a line that a client sends, in bytes."""

INSIDE = (Woke, Took, Fetched)
"""Events of the machine, many a second, which nobody outside is told of."""


TOLD = frozenset(each.__name__.lower() for each in get_args(Event) if each not in INSIDE)
"""What events are called that somebody outside is told of."""

DO = "do"

KEYS: Mapping[str, tuple[str, ...]] = {
    DO: ("value", "at"),
    "watch": ("only",),
    "status": (),
    "bars": ("count", "next"),
    "learn": ("name", "value"),
    "forget": ("name",),
    "learnt": (),
}
"""What else a line may say that says to `do` something, or asks a question."""


def asked(said: Mapping[str, Any]) -> str:
    """Return the question that a client's line asks; `DO` where it says to do something.

    Raises:
        UserError: it is neither or both, or says what does not belong to it.
    """
    if DO in said and "ask" in said:
        raise UserError('"do" or "ask"', "both", "say them on two lines")
    what = DO if DO in said else said.get("ask")
    if not isinstance(what, str) or what not in KEYS or (what == DO and DO not in said):
        names = ", ".join(each for each in KEYS if each != DO)
        raise UserError('"do" or "ask"', "neither", f'"do" a name, or "ask" {names}')
    known = (DO if what == DO else "ask", *KEYS[what])
    for key in said:
        if key not in known:
            raise UserError(f"keys of {what!r}", repr(key[:40]), near(key[:40], known))
    return what


def watched(said: Mapping[str, Any]) -> frozenset[str]:
    """Return what events a client wants to be told of alone; empty: of all.

    Raises:
        UserError: `only` is no list of them.
    """
    only = said.get("only", [])
    if not isinstance(only, list):
        raise UserError("a list of events as `only`", repr(only)[:40], 'such as ["placed"]')
    for each in only:
        if not isinstance(each, str) or each not in TOLD:
            raise UserError("the name of an event", repr(each)[:40], near(str(each)[:40], TOLD))
    return frozenset(only)


def line_of(told: dict[str, Any]) -> bytes:
    """Write a line."""
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def parse(line: bytes) -> dict[str, Any]:
    """Read a line.

    Raises:
        UserError: it is no object of JSON.
    """
    try:
        told = json.loads(line.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise UserError("an object of JSON on a line", repr(line[:40])[1:], 'say {"ask": "status"}')
    return told


def event_line(event: Event) -> bytes | None:
    """Write an event as a line; None where it is of the machine."""
    if isinstance(event, INSIDE):
        return None
    return line_of({"event": name_of(event), **_fields(event)})


def name_of(event: Event) -> str:
    """Return what an event is called in its line."""
    return type(event).__name__.lower()


def _fields(value: Any) -> dict[str, Any]:
    return {each.name: plain(getattr(value, each.name)) for each in fields(value)}


def plain(value: Any) -> Any:  # noqa: PLR0911  # a kind of value each
    """Return a value as JSON has it: bytes in hex, a bar as its meter and its notes."""
    match value:
        case Bar(notes=notes, meter=meter):
            return {"meter": str(meter), "notes": [_fields(note) for note in notes]}
        case Meter() | Key():
            return str(value)
        case Loudness():
            return value.name.lower()
        case bytes():
            return value.hex()
        case dict():
            return {str(key): plain(inside) for key, inside in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inside) for inside in value]
        case _ if is_dataclass(value):
            return _fields(value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
