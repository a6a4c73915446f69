"""The files in presets/drum_maps: their schema, and how one becomes a `DrumMap`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from daw_bridge.config.files import find, names
from daw_bridge.config.schema import Schema
from daw_bridge.config.validation import compared
from daw_bridge.document import Document, read, refusal
from daw_bridge.errors import Location, Problem, UserError, UserErrors
from daw_bridge.music.drum_map import DrumMap, DrumMapError, HiHat, Pad

KIND = "presets/drum_maps"

Text = Annotated[str, Field(min_length=1)]


def _note(value: Any) -> Any:
    if type(value) is not int:
        found = json.dumps(value, ensure_ascii=False)
        raise ValueError(f"expected a note, a whole number 0..127, found {found}")
    return value


DeviceNote = Annotated[int, BeforeValidator(_note)]


class PadFile(Schema):
    """A drum's notes: the one that is sent, and further ones that are understood."""

    note: DeviceNote
    also: list[DeviceNote] = Field(default=[])


def _pads(value: Any) -> Any:
    """Take `kick: 36` as `kick: {note: 36}`, and a list as several of them.

    A drum has one note that is sent, so a list is refused later, with all else that is wrong.
    """
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, dict) else {"note": each} for each in values]


class HiHatFile(Schema):
    """How open the hi-hat is: percent by note, and the pedal's controller."""

    openness: dict[int, Annotated[int, Field(ge=0, le=100)]] = Field(default={})
    controller: Annotated[int, Field(ge=0, le=119)] | None = None
    controller_notes: tuple[DeviceNote, ...] = ()
    closed: Annotated[int, Field(ge=0, le=127)] | None = None
    open: Annotated[int, Field(ge=0, le=127)] | None = None
    one_note: bool = False


class DrumMapFile(Schema):
    """One drum map; `drums`, `nearest` and `dropped` together name each of the 61 drums once.

    Notes are checked by `DrumMap`, together with what they have to do with each other.
    """

    title: Text
    certainty: Literal["verified", "one source", "unverified"]
    sources: tuple[Text, ...] = Field(min_length=1)
    remarks: tuple[Text, ...] = ()
    drums: dict[str, Annotated[list[PadFile], BeforeValidator(_pads)]] = Field(min_length=1)
    nearest: dict[str, str] = Field(default={})
    dropped: tuple[str, ...] = ()
    choke: tuple[tuple[DeviceNote, ...], ...] = ()
    hi_hat: HiHatFile = HiHatFile()
    silent: dict[int, Text] = Field(default={})
    names: dict[int, Text] = Field(default={})


def load_drum_map(name_or_path: str) -> DrumMap:
    """Read a drum map by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return drum_map_of(read(find(KIND, name_or_path)))


def load_drum_maps(wanted: Iterable[str] | None = None) -> dict[str, DrumMap]:
    """Read several drum maps by their names or paths, or all that there are.

    Raises:
        UserErrors: all that is wrong with any of them.
    """
    maps: dict[str, DrumMap] = {}
    errors: list[str] = []
    for name in names(KIND) if wanted is None else wanted:
        try:
            maps[name] = load_drum_map(name)
        except UserErrors as error:
            errors += error.errors
        except UserError as error:
            errors.append(str(error))
    if errors:
        raise UserErrors(errors)
    return maps


def drum_map_of(document: Document) -> DrumMap:
    """Make the map that a document describes, named after its file.

    What its notes and drums have to do with each other is looked at as far as they can be read, so
    that it is told together with values that cannot.

    Raises:
        UserErrors: a line for everything that is wrong, as `file:line: key: ...`.
    """
    file, problems = compared(document, DrumMapFile)
    if file is not None:
        try:
            drum_map = _drum_map(document.path.stem, file)
        except DrumMapError as error:
            problems = list(error.problems)
        if not problems and not document.repeated:
            return drum_map
    elif isinstance(document.data, dict) and isinstance(document.data.get("drums"), dict):
        problems += _further(document.data, {each.location for each in problems})
    raise refusal(document, problems)


_UNREAD = re.compile(r"-\d")
"""A problem of a note that could not be read, and so stands below 0."""


def _further(data: dict[str, Any], told: set[Location]) -> Iterator[Problem]:
    """Find what else is wrong in a file with values that cannot be read, or with unknown keys."""
    try:
        _usable(data)
    except DrumMapError as error:
        astray = bool(data.keys() - DrumMapFile.model_fields.keys())
        for problem in error.problems:
            at = problem.location
            of_told = any(at == each[: len(at)] or each == at[: len(each)] for each in told)
            of_told = of_told and (at[0] != "drums" or bool(_UNREAD.search(problem.what)))
            lacking = at in (("dropped",), ("choke",))  # it may stand under the unknown key
            if not of_told and not (lacking and astray):
                yield problem


def _usable(data: dict[str, Any]) -> DrumMap:
    """Make a map of those values that can be read; a note that cannot is one below 0."""
    unread = count(-1, -1)
    hat = _table(data.get("hi_hat"))
    return DrumMap(
        name="",
        pads=tuple(
            Pad(
                str(drum),
                next(iter(_notes([pad.get("note")])), next(unread)),
                _notes(pad.get("also")),
            )
            for drum, pads in data["drums"].items()
            for pad in map(_table, _pads(pads))
        ),
        nearest={str(a): str(b) for a, b in _table(data.get("nearest")).items()},
        dropped=frozenset(map(str, _list(data.get("dropped")))),
        choke_groups=tuple(frozenset(_notes(group)) for group in _list(data.get("choke"))),
        silent={n: str(what) for n, what in _table(data.get("silent")).items() if type(n) is int},
        hi_hat=HiHat(
            openness=dict.fromkeys(_notes(list(_table(hat.get("openness")))), 0),
            controller_notes=_notes(hat.get("controller_notes")),
        ),
        labels=dict.fromkeys(_notes(list(_table(data.get("names")))), ""),
    )


def _table(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _notes(value: Any) -> tuple[int, ...]:
    return tuple(each for each in _list(value) if type(each) is int)


def _drum_map(name: str, file: DrumMapFile) -> DrumMap:
    return DrumMap(
        name=name,
        pads=tuple(
            Pad(drum, pad.note, tuple(pad.also))
            for drum, pads in file.drums.items()
            for pad in pads
        ),
        nearest=file.nearest,
        dropped=frozenset(file.dropped),
        choke_groups=tuple(frozenset(group) for group in file.choke),
        silent=file.silent,
        hi_hat=HiHat(**dict(file.hi_hat)),
        labels=file.names,
        title=file.title,
        certainty=file.certainty,
        sources=file.sources,
        remarks=file.remarks,
    )
