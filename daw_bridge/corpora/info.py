"""The table `info.csv` beside music, as the Groove MIDI Dataset has it: splits, styles, tempi.

A table that is there is obeyed: one that cannot be understood is an error, for to pass over it
would let music that judges get into what is learnt.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daw_bridge.corpora.splits import SPLITS, split_of
from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, text_of

NAME = "info.csv"
LARGEST_BYTES = 1 << 24

_FILE = "midi_filename"
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """What a table says of a file; `conditions` are style (the primary one), kind, drummer."""

    name: str
    split: str
    conditions: tuple[tuple[str, str], ...]
    tempo_qpm: float | None


def find(folder: Path) -> Path | None:
    """Find the table of a folder; None: it has none."""
    there = folder.iterdir() if folder.is_dir() else ()
    return next((path for path in there if path.name.casefold() == NAME), None)


def read(path: Path) -> dict[str, Row]:
    """Read a table from a file; see `rows_of`."""
    return rows_of(read_bounded(path, LARGEST_BYTES, "a table"), str(path))


def rows_of(data: bytes, place: str) -> dict[str, Row]:
    """Read a table: what it says of each file, by `key_of` its name, in the table's order.

    Commas, semicolons, tabs and bars part columns; names of columns may have capitals.

    Raises:
        UserError: it is no such table, or names a split that there is not.
    """
    try:
        text = text_of(data)
    except UnicodeDecodeError as error:
        raise none(place, f"bytes that are no text at {error.start}") from error
    text = re.sub(r"\Asep=.\s*", "", text)  # Excel's own way to say what parts columns
    for separator in _SEPARATORS:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            header, *rest = [line for line in lines if any(line)]
        except (csv.Error, ValueError):
            continue
        columns = [_word(name) for name in header]
        if _FILE in columns:
            cells = (dict(zip(columns, map(str.strip, line), strict=False)) for line in rest)
            return {key_of(row[_FILE]): _row(row, place) for row in cells if row.get(_FILE)}
    raise none(place, f"{text.partition(chr(10))[0].strip()[:60]!r}")


def key_of(name: str) -> str:
    """Return what names of one file have in common, however they are written."""
    plain = unicodedata.normalize("NFC", name.strip().replace("\\", "/")).casefold()
    return plain.removeprefix("./")


def none(place: str, found: str) -> UserError:
    """Return the error of a table that is of no use."""
    return UserError(
        f"a table with a column {_FILE} that names files beside it",
        f"{found} in {place}",
        "mend the table, or take it away",
    )


def _row(cells: Mapping[str, str], place: str) -> Row:
    split = split_of(cells.get("split", ""))
    if not split and cells.get("split"):
        raise UserError(
            f"a split: {', '.join(SPLITS)}",
            f"{cells['split']!r} of {cells[_FILE]} in {place}",
            "mend the table, or take it away",
        )
    style, kind = (cells.get(name, "").casefold() for name in ("style", "beat_type"))
    named = (("style", style.split("/")[0]), ("kind", kind), ("drummer", cells.get("drummer", "")))
    try:
        tempo_qpm = float(cells.get("bpm", "").replace(",", ".")) or None
    except ValueError:
        tempo_qpm = None
    conditions = tuple((name, value) for name, value in named if value)
    return Row(cells[_FILE], split, conditions, tempo_qpm)


def _word(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().casefold())
