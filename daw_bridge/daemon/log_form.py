"""The form of a session's log: its settings, and what the session learns from outside, as JSON.

The first line is a `Head`. Then come, in the order in which they happened:

* `{"at": 12.5}`: a look at the clock of the ports;
* `{"at": 12.5, "SetTempo": {...}}`: what was taken out of the inbox then, by the name of its class;
* `{"bar": 7, "made": true}`: a bar that was to be taken, and whether it was made in time, or the
  `error` that kept it from being made;
* `{"margin": 0.7, "p5": 0.6}`: how long before it was due the last bar was made;
* `{"failed": 7, "why": "...", "replaced": true}`: the policy, and whether it was loaded again;
* `{"opened": {...}, "frame_rate": 48000}` and `{"lost": "why"}`: the ports;
* `{"stopped": "why", "take": "..."}`: the end, and the hash of what was heard.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from types import GenericAlias
from typing import Any, Literal, NoReturn, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter

from daw_bridge import __version__
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.performance import Jam
from daw_bridge.daemon.settings import Ready
from daw_bridge.jam.commands import Thing
from daw_bridge.jam.events import Event, Failed, Fetched, Lost, Margin, Opened, Took, Woke
from daw_bridge.jam.primer import Primer
from daw_bridge.music.time import Seconds
from daw_bridge.policies.card import read as read_card

_PLAIN = ConfigDict(
    frozen=True, extra="forbid", allow_inf_nan=False, ser_json_bytes="hex", val_json_bytes="hex"
)


def _adapter(kind: type) -> TypeAdapter[Any]:
    """Return what writes and reads a list of one value; of a list, so that `_PLAIN` is obeyed."""
    form: Any = GenericAlias(list, (kind,))
    return TypeAdapter(form, config=_PLAIN)


_THINGS = {each.__name__: _adapter(each) for each in get_args(Thing)}
"""What may be taken out of an inbox, by the names of its classes."""


class Head(BaseModel):
    """What a session began with: enough to play it again where its model is.

    `jam` is what `settings` came to, with the drum maps as they were; `name` is that of
    the model, and `sha256` of its weights and its touch's.
    """

    model_config = _PLAIN

    log: Literal["daw-bridge session 1"] = "daw-bridge session 1"
    version: str = __version__
    name: str
    sha256: str
    settings: JamFile
    primer: Primer
    jam: Jam

    @classmethod
    def of(cls, ready: Ready, jam: Jam) -> Head:
        """Return the head of a session that begins.

        Raises:
            UserError: the model's card is not in order.
        """
        return cls(
            name=ready.folder.resolve().name,
            sha256=read_card(ready.folder).weights_sha256,
            settings=ready.file,
            primer=ready.primer,
            jam=jam,
        )


@dataclass(frozen=True, slots=True)
class End:
    """The end of a session, why it came, and the hash of what was heard till then."""

    why: str
    take: str


Line = Opened | Lost | Woke | Took | Fetched | Margin | Failed | End


def line_of(event: Event | End) -> str | None:
    """Write an event as a line; None where it comes from inside."""
    plain: dict[str, Any]
    match event:
        case Woke(time_s):
            plain = {"at": time_s}
        case Took(time_s, thing):
            name = type(thing).__name__
            plain = {"at": time_s, name: _THINGS[name].dump_python([thing], mode="json")[0]}
        case Fetched(number, made, error):
            plain = {"bar": number, "made": made, **({"error": error} if error else {})}
        case Opened(names, frame_rate):
            plain = {"opened": dict(names), "frame_rate": frame_rate}
        case Margin(last_s, p5_s):
            plain = {"margin": last_s, "p5": p5_s}
        case Failed(number, why, replaced):
            plain = {"failed": number, "why": why, "replaced": replaced}
        case Lost(why):
            plain = {"lost": why}
        case End(why, take):
            plain = {"stopped": why, "take": take}
        case _:
            return None
    return json.dumps(plain)


def parse(line: bytes) -> Line:  # noqa: PLR0911  # a kind of line each
    """Invert `line_of`.

    Raises:
        ValueError: it is no such line.
    """
    match json.loads(line, parse_constant=_refuse):
        case {"at": float(at), **thing} if isfinite(at):
            for name, fields in thing.items():
                return Took(Seconds(at), _thing(str(name), fields))
            return Woke(Seconds(at))
        case {"bar": int(number), "made": bool(made), **rest}:
            return Fetched(number, made, str(rest.get("error", "")))
        case {"margin": float(last_s), "p5": float(p5_s)} if isfinite(last_s):
            return Margin(last_s, p5_s)
        case {"failed": int(number), "why": str(why), "replaced": bool(replaced)}:
            return Failed(number, why, replaced)
        case {"opened": dict(names), "frame_rate": int() | None as rate}:
            return Opened(tuple((str(role), str(name)) for role, name in names.items()), rate)
        case {"lost": str(why)}:
            return Lost(why)
        case {"stopped": str(why), "take": str(take)}:
            return End(why, take)
    raise ValueError("no line of a log")


def _thing(name: str, fields: Any) -> Thing:
    if name not in _THINGS:
        raise ValueError(f"nothing is called {name}")
    thing: Thing = _THINGS[name].validate_json(json.dumps([fields]))[0]
    return thing


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
