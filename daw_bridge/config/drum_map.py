"""The files in presets/drum_maps: their schema, and how one becomes a `DrumMap`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from daw_bridge.config.files import Document, Schema, find, read, validate
from daw_bridge.errors import UserErrors
from daw_bridge.music.drums import DrumMap, DrumMapError, HiHat, Pad

Text = Annotated[str, Field(min_length=1)]


class PadFile(Schema):
    """A drum's notes: the one that is sent, and further ones that are understood."""

    note: int
    also: list[int] = Field(default=[])


def _pads(value: Any) -> Any:
    """Take `kick: 36` as `kick: {note: 36}`, and a list as several of them.

    A drum has one note that is sent, so a list is refused later, with all else that is wrong.
    """
    values = value if isinstance(value, list) else [value]
    return [{"note": each} if isinstance(each, int) else each for each in values]


class HiHatFile(Schema):
    """How open the hi-hat is: percent by note, and the pedal's controller."""

    openness: dict[int, Annotated[int, Field(ge=0, le=100)]] = Field(default={})
    controller: Annotated[int, Field(ge=0, le=119)] | None = None
    controller_notes: tuple[int, ...] = ()
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
    choke: tuple[tuple[int, ...], ...] = ()
    hi_hat: HiHatFile = HiHatFile()
    silent: dict[int, Text] = Field(default={})
    names: dict[int, Text] = Field(default={})


def load_drum_map(name_or_path: str) -> DrumMap:
    """Read a drum map by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return drum_map_of(read(find("presets/drum_maps", name_or_path), repeats=True))


def drum_map_of(document: Document) -> DrumMap:
    """Make the map that a document describes, named after its file.

    Raises:
        UserErrors: a line for everything that is wrong, as `file:line: key: ...`.
    """
    wrong = list(document.repeated)
    try:
        drum_map = _drum_map(document.path.stem, validate(document, DrumMapFile))
    except DrumMapError as error:
        wrong += (
            f"{document.path}:{document.line_of(at)}: {'.'.join(map(str, at))}: {what}"
            for at, what in error.faults
        )
    except UserErrors as error:
        wrong += error.errors
    if wrong:
        raise UserErrors(sorted(wrong, key=_line))
    return drum_map


def _line(error: str) -> int:
    """Give the line that an error of a file stands on, to tell errors from the top down."""
    numbers = (part for part in error.split(":") if part.isdigit())
    return int(next(numbers, 0))


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
