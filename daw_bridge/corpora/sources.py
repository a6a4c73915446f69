"""Find the music in folders, zips and single files, and read it, whatever its format."""

from __future__ import annotations

import zipfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath

from daw_bridge.corpora import info
from daw_bridge.corpora.material import Material, Reader, Reading, Source, Unreadable
from daw_bridge.corpora.pieces import Events, Piece
from daw_bridge.corpora.roles import piece_of
from daw_bridge.corpora.splits import split_of_folders, split_of_stem
from daw_bridge.errors import UserError
from daw_bridge.files import is_hidden, member, open_zip, read_bounded
from daw_bridge.midi.files import ENDINGS, LONGEST
from daw_bridge.registry import READERS

_ZIP = ".zip"
_NAMED_AFTER_SPLITS = (_ZIP, ".txt")
"""Files of many pieces; the name of a single song may end in any word."""


def find_sources(path: Path) -> list[Source]:
    """List what may hold music, in order: the file, or everything of a known kind under a folder.

    Splits are those of a table `info.csv`, else those that folders and zips are named after.

    Raises:
        UserError: there is nothing, nothing of a known kind, or a table that names none of it.
    """
    if not path.exists():
        raise UserError(
            "a folder, a zip or a file of music", f"nothing at {path}", "check the path"
        )
    sources = _in_folder(path) if path.is_dir() else _of_file(path, path.name)
    if not sources:
        kinds = " ".join(sorted([*READERS, _ZIP]))
        raise UserError(f"music ({kinds})", f"none in {path}", "name another folder")
    return sources


def read_source(source: Source, reading: Reading, archives: Archives) -> list[Piece]:
    """Read the pieces of a source, as far as they hold notes of the role.

    Raises:
        Unreadable: it is empty, damaged, or holds nothing of the role.
    """
    try:
        if source.suffix == _ZIP:
            _listed(source.path)  # which failed before, and is asked for the reason
        read: Reader = READERS[source.suffix]
        data = archives.bytes_of(source, read.largest_bytes)
    except UserError as error:
        raise Unreadable(f"expected {error.expected}, found {error.found}") from error
    materials = list(read(data, source, reading))
    if any(_is_too_long(material) for material in materials):
        raise Unreadable("too long for music")
    pieces = [piece for material in materials if (piece := piece_of(material, reading))]
    if not pieces:
        damage = "; ".join(material.damage for material in materials if material.damage)
        raise Unreadable(f"no notes for {reading.role}{damage and f' (damaged: {damage})'}")
    return pieces


class Archives:
    """Zips that stay open while their members are read; a context manager that closes them."""

    def __init__(self) -> None:
        self._open: dict[Path, zipfile.ZipFile] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Archives:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def bytes_of(self, source: Source, limit: int) -> bytes:
        """Read what a source names, of at most `limit` bytes.

        Raises:
            UserError: it is not there, damaged or larger.
        """
        if not source.member:
            return read_bounded(source.path, limit)
        if source.path not in self._open:
            self._open[source.path] = self._stack.enter_context(open_zip(source.path))
        return member(self._open[source.path], source.member, limit)


def _in_folder(folder: Path) -> list[Source]:
    names = {path: path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))}
    files = {
        path: name
        for path, name in names.items()
        if not path.is_dir() and not is_hidden(PurePosixPath(name))
    }
    sources = [source for path, name in files.items() for source in _of_file(path, name)]
    for path, name in files.items():
        if _is_table(name):
            data = read_bounded(path, info.LARGEST_BYTES, "a table")
            sources = _by_table(sources, Source(path, name=name), data)
    return sources


def _of_file(file: Path, name: str) -> list[Source]:
    suffix = file.suffix.lower()
    split = split_of_folders(name)
    if not split and suffix in _NAMED_AFTER_SPLITS:
        split = split_of_stem(file.stem)
    if suffix == _ZIP:
        return _in_zip(file, split)
    return [Source(file, name=name, split=split)] if suffix in READERS else []


def _in_zip(file: Path, split: str) -> list[Source]:
    try:
        names, tables = _listed(file)
    except UserError:
        return [Source(file, name=file.name)]
    sources = [
        Source(file, name, f"{file.name}/{name}", split_of_folders(name) or split)
        for name in names
        if PurePosixPath(name).suffix.lower() in ENDINGS
    ]
    for name, data in tables.items():
        sources = _by_table(sources, Source(file, name, f"{file.name}/{name}"), data)
    return sources


def _listed(file: Path) -> tuple[list[str], dict[str, bytes]]:
    """List the members of a zip, and read the tables among them."""
    with open_zip(file) as archive:
        inside = sorted(each.filename for each in archive.infolist() if not each.is_dir())
        names = [name for name in inside if not is_hidden(PurePosixPath(name))]
        return names, {
            name: member(archive, name, info.LARGEST_BYTES) for name in names if _is_table(name)
        }


def _by_table(sources: list[Source], table: Source, data: bytes) -> list[Source]:
    """Add what a table says of the files beside it; those that are missing are sources as well."""
    place = ": ".join(filter(None, (str(table.path), table.member)))
    rows = info.rows_of(data, place)
    under = table.name[: -len(info.NAME)]
    there = {info.key_of(s.name.removeprefix(under)) for s in sources if s.name.startswith(under)}
    if not there & rows.keys():
        raise info.none(place, f"{len(rows)} names, but none of a file that is there,")
    missing = [_beside(table, row.name) for key, row in rows.items() if key not in there]
    return [
        _told(source, rows.get(info.key_of(source.name.removeprefix(under))))
        if source.name.startswith(under)
        else source
        for source in [*sources, *missing]
    ]


def _beside(table: Source, name: str) -> Source:
    """Name a file as a table does that lies beside it."""
    under = table.name[: -len(info.NAME)]
    if table.member:
        return Source(table.path, table.member[: -len(info.NAME)] + name, under + name)
    return Source(table.path.parent / name, name=under + name)


def _told(source: Source, row: info.Row | None) -> Source:
    if row is None:
        return source
    split = row.split or source.split
    return replace(source, split=split, conditions=row.conditions, tempo_qpm=row.tempo_qpm)


def _is_table(name: str) -> bool:
    return PurePosixPath(name).name.casefold() == info.NAME


def _is_too_long(material: Material) -> bool:
    events = Events.join([track.events for track in material.tracks])
    return bool(((events.onset < 0) | (events.onset + events.duration > LONGEST)).any())
