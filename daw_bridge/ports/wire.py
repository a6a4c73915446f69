"""The lines that a daemon and its port process exchange: one JSON array each, its kind first.

To the port process: `open settings sounding`, `open_more role other`, `send messages`, `cue place
messages`, `silence`, `take_back serial`, `follow source`, `lead position`, `measure meter tick`,
`instruments kit from`, `alive`; the end of the stream means: end every note and exit. From it:
`hello`, `status`, `counts`, `opened spec names`, `unopened role error`, `input time role data`,
`position source position`, `news text`; when it cannot go on, `error` (the user's), `lost` (the
device's or server's) or `crash` (ours); at its end `closing`, and `closed` with whether every note
has been ended for certain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from daw_bridge.errors import UserError, UserErrors
from daw_bridge.midi.messages import TimedMessage
from daw_bridge.music.bar_lines import BarLine
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import PortSettings, PortSpec, SoundSettings
from daw_bridge.ports.wishes import Pair


def line(kind: str, *fields: Any) -> bytes:
    """Write one line, with its line end. Numbers keep every bit."""
    return json.dumps([kind, *fields], separators=(",", ":")).encode() + b"\n"


def parse(text: bytes) -> tuple[str, list[Any]]:
    """Read one line: its kind and its fields."""
    kind, *fields = json.loads(text)
    return kind, fields


def pack(messages: Iterable[TimedMessage]) -> list[list[Any]]:
    """Make messages plain."""
    return [[m.due_s, m.rank, m.serial, m.port, m.data.hex()] for m in messages]


def unpack(rows: Iterable[list[Any]]) -> list[TimedMessage]:
    """Invert `pack`."""
    return [
        TimedMessage(Seconds(due_s), rank, serial, port, bytes.fromhex(data))
        for due_s, rank, serial, port, data in rows
    ]


def pack_settings(settings: PortSettings) -> dict[str, Any]:
    """Make settings plain."""
    return asdict(settings)


def unpack_settings(plain: dict[str, Any]) -> PortSettings:
    """Invert `pack_settings`."""
    return PortSettings(
        backend=plain["backend"],
        outputs=tuple(PortSpec(**spec) for spec in plain["outputs"]),
        inputs=tuple(PortSpec(**spec) for spec in plain["inputs"]),
        client=plain["client"],
        connections=None if (pairs := plain["connections"]) is None else unpack_pairs(pairs),
        sources=tuple(plain["sources"]),
        tempo_qpm=plain["tempo_qpm"],
        meter=unpack_meter(plain["meter"]),
        transport_master=plain["transport_master"],
        thru=plain["thru"],
        sound=None if (sound := plain["sound"]) is None else SoundSettings(**sound),
        changes=tuple(
            BarLine(each["bar"], Ticks(each["tick"]), unpack_meter(each["meter"]))
            for each in plain["changes"]
        ),
    )


def unpack_meter(plain: dict[str, Any]) -> Meter:
    """Read a meter of which `asdict` has made plain values."""
    return Meter(plain["numerator"], plain["denominator"], tuple(plain["groups"]))


def pack_position(position: Position) -> list[Any]:
    """Make a position plain."""
    meter = position.meter and asdict(position.meter)
    return [position.time_s, position.tick, position.tempo_qpm, position.rolling, meter]


def unpack_position(plain: list[Any]) -> Position:
    """Invert `pack_position`."""
    time_s, tick, tempo_qpm, rolling, meter = plain
    bars = None if meter is None else unpack_meter(meter)
    return Position(Seconds(time_s), Ticks(tick), tempo_qpm, rolling, bars)


def unpack_pairs(rows: Iterable[list[str]]) -> tuple[Pair, ...]:
    """Read connections."""
    return tuple((role, name) for role, name in rows)


def pack_error(error: UserError) -> list[str]:
    """Make a user's error plain: its three parts; of several errors "" and the lines."""
    if isinstance(error, UserErrors):
        return ["", *error.errors]
    return [error.expected, error.found, error.do]


def unpack_error(parts: list[str]) -> UserError:
    """Invert `pack_error`, so that a user's error in the port process is one in the daemon."""
    return UserError(*parts) if parts[0] else UserErrors(parts[1:])
