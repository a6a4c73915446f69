"""Settings of a jam that change while it plays: by name, and as a preset's file is edited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from daw_bridge.config.drawing import LimitsFile
from daw_bridge.config.jam import JamFile, VoiceFile
from daw_bridge.config.turns import TurnsFile
from daw_bridge.config.validation import problems
from daw_bridge.errors import Location, UserError, UserErrors, near
from daw_bridge.jam.prepared import Value

STAY = frozenset(
    {
        *("bars", "ending", "on_error", "backend", "primer", "late", "late_bar"),
        *(
            "sync",
            "spp_unit",
            "transport_master",
            "port",
            "in_port",
            "sync_port",
            "state_port",
            "thru",
        ),
    }
)
"""Settings that a jam has from its start to its end."""

_LIMITS = LimitsFile.model_fields.keys()
_TURNS = {f"turns.{each}": each for each in TurnsFile.model_fields}
_FIELDS = JamFile.model_fields.keys() - STAY - {"limits", "conditions", "voices", "turns", "learn"}
_KNOWN = (*_FIELDS, *_LIMITS, *_TURNS, "drum_map", "preset", "conditions.NAME")


def changed(jam: JamFile, settings: Iterable[tuple[str, Value]]) -> JamFile:
    """Return a jam with some of its settings changed, by their names; see `Change`.

    What `model`, `preset` and `drum_map` name is not looked up here.

    Raises:
        UserError: there is no such setting, it stays as it is while a jam plays, or it cannot have
            that value.
    """
    values = dict(jam)
    for name, value in settings:
        _set(values, name, value)
    try:
        return JamFile(**values).read_from(jam.document)
    except ValidationError as error:
        raise UserErrors(map(str, problems(error))) from error


def differences(before: JamFile, after: JamFile) -> Iterator[tuple[str, Value]]:
    """Yield what is to be set in one jam for it to be another, by name.

    Raises:
        UserError: they differ in what stays as it is while a jam plays.
    """
    for name in sorted(STAY):
        if getattr(before, name) != getattr(after, name):
            raise _stays(name)
    shown = before.model_dump(mode="json"), after.model_dump(mode="json")
    for name in sorted(_FIELDS):
        if getattr(before, name) != getattr(after, name):
            yield name, shown[1][name]
    for name in _LIMITS:
        if getattr(before.limits, name) != getattr(after.limits, name):
            yield name, _plain(shown[1]["limits"][name])
    for name, key in _TURNS.items():
        if getattr(before.turns, key) != getattr(after.turns, key):
            yield name, shown[1]["turns"][key]
    for name in before.conditions.keys() | after.conditions.keys():
        if before.conditions.get(name) != after.conditions.get(name):
            yield f"conditions.{name}", after.conditions.get(name)


def location_of(name: str) -> Location:
    """Return the keys in a preset under which a setting stands, by its name."""
    return ("limits", name) if name in _LIMITS else tuple(name.split("."))


def _set(values: dict[str, Any], name: str, value: Value) -> None:
    """Put one setting into the values of a jam.

    Raises:
        UserError: see `changed`.
    """
    first, _, rest = name.partition(".")
    if name in _LIMITS:
        values["limits"] = {**dict(values["limits"]), name: value}
    elif name in _FIELDS:
        values[name] = value
    elif name in _TURNS:
        values["turns"] = {**dict(values["turns"]), _TURNS[name]: value}
    elif first == "conditions" and rest:
        kept = {each: said for each, said in values["conditions"].items() if each != rest}
        values["conditions"] = kept if value is None else {**kept, rest: value}
    elif first == "voices" and rest:
        values["voices"] = tuple(_voices(values["voices"] or (), name, value))
    elif first in STAY:
        raise _stays(name)
    else:
        raise UserError("a setting of a jam", repr(name), near(name, _KNOWN))


def _voices(voices: Iterable[VoiceFile], name: str, value: Value) -> Iterator[Any]:
    """Change the route of one voice."""
    number, _, key = name.removeprefix("voices.").partition(".")
    voices = tuple(voices)
    if number not in {str(each.voice) for each in voices}:
        there = ", ".join(str(each.voice) for each in voices)
        raise UserError(f"a voice that plays, of {there}", repr(number), "choose one of these")
    if key not in VoiceFile.model_fields.keys() - {"voice"}:
        known = (f"{number}.{each}" for each in VoiceFile.model_fields if each != "voice")
        raise UserError("what a voice has", repr(name), near(f"{number}.{key}", known))
    for each in voices:
        yield {**dict(each), key: value} if str(each.voice) == number else each


def _stays(name: str) -> UserError:
    return UserError("a setting that changes while a jam plays", name, "start the jam anew for it")


def _plain(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value
