"""A change of settings that was looked up: all that a session has to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daw_bridge.jam.modes import Interplay
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.song import Loop
from daw_bridge.music.time import Meter, Seconds

Scalar = str | int | float | bool | None
Value = Scalar | tuple[Scalar, ...]
"""What a setting may be, as a preset has it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What of a session is another from a bar line on; None: it stays.

    Of `routes` the other voices stay, unless these are `all_routes` that there are.
    """

    routes: Mapping[int, Route] = field(default_factory=dict)
    all_routes: bool = False
    meter: Meter | None = None
    tempo_qpm: float | None = None
    loop: Loop | None = None
    interplay: Interplay | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Settings that were looked up, and all of the jam that they make, to play from a bar line on.

    `number` counts those of a jam. `changed` are the names of the settings with their values,
    `settings` the whole preset as JSON, and `sha256` is the hash of its model. From a log this is
    enough to make the same music again. `said_s` is when it was asked for; None: nobody said so.
    """

    number: int
    changed: tuple[tuple[str, Value], ...]
    settings: str
    sha256: str
    turn: Turn = Turn()
    said_s: Seconds | None = None
