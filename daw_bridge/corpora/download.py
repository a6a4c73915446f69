"""Public data sets, fetched by their address and checked against their hash."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from daw_bridge.corpora.parallel import Progress, silent
from daw_bridge.errors import UserError
from daw_bridge.files import member, open_zip

_BLOCK = 1 << 16
_TIMEOUT_S = 60.0
_MOST_BYTES = 1 << 30
_MOST_UNPACKED = 1 << 30
_MOST_FILES = 1 << 16


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip in the internet: its address, hash, the folder inside it and its licence."""

    url: str
    sha256: str
    folder: str
    licence: str


ARCHIVES: Mapping[str, Archive] = {
    "groove": Archive(
        "https://storage.googleapis.com/magentadata/datasets/groove/groove-v1.0.0-midionly.zip",
        "651cbc524ffb891be1a3e46d89dc82a1cecb09a57c748c7b45b844c4841dcc1e",
        "groove",
        "Groove MIDI Dataset (Gillick, Roberts, Engel, Eck, Bamman, 'Learning to Groove with "
        "Inverse Sequence Transformations', ICML 2019), Google LLC, CC BY 4.0",
    ),
}
"""What `daw-bridge data get` knows."""


def get(archive: Archive, out: Path, *, progress: Progress = silent) -> Path:
    """Fetch an archive and unpack it in the folder `out`; give the folder of its music.

    Nothing is left where it fails: it is fetched and unpacked beside its place, and then renamed.

    Raises:
        UserError: the place is taken, the address cannot be reached, or the bytes are not those
        expected.
    """
    place = out / archive.folder
    if place.exists():
        raise UserError("a place that is free", f"{place}", "remove it, or name another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{archive.folder}-", dir=out) as name:
            packed = Path(name) / "archive.zip"
            _fetch(archive, packed, progress)
            _unpack(packed, Path(name) / "unpacked", archive)
            (Path(name) / "unpacked" / archive.folder).rename(place)
    except OSError as error:
        found = str(error.strerror or error)
        raise UserError(f"to write {place}", found, "make room, or name another --out") from error
    return place


def _fetch(archive: Archive, path: Path, progress: Progress) -> None:
    digest = hashlib.sha256()
    done = 0
    try:
        with (
            urllib.request.urlopen(archive.url, timeout=_TIMEOUT_S) as answer,  # noqa: S310  ours
            path.open("wb") as file,
        ):
            total = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(_BLOCK):
                done += len(block)
                if done > _MOST_BYTES:
                    raise UserError("an archive below 1 GB", "a larger one", "check the address")
                digest.update(block)
                file.write(block)
                progress(done, max(total, done))
    except (urllib.error.URLError, HTTPException, TimeoutError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise UserError(f"{archive.url}", f"no answer ({why})", "check the connection") from error
    if total and done != total:
        raise UserError(f"{total} bytes of {archive.url}", f"{done}", "try again")
    if digest.hexdigest() != archive.sha256:
        raise UserError(
            f"an archive with sha256 {archive.sha256[:12]}...",
            f"{digest.hexdigest()[:12]}... from {archive.url}",
            "it has changed, or was changed on its way: nothing was kept",
        )


def _unpack(packed: Path, folder: Path, archive: Archive) -> None:
    with open_zip(packed) as file:
        file.filename = archive.url  # for what is said of its members
        _write_members(file, folder)
    if not (folder / archive.folder).is_dir():
        raise UserError(f"a folder {archive.folder} in it", "none", "tell the maintainers")


def _write_members(file: zipfile.ZipFile, folder: Path) -> None:
    """Write what a zip holds, within bounds and inside a folder."""
    names = [each.filename for each in file.infolist() if not each.is_dir()]
    if len(names) > _MOST_FILES:
        raise UserError(f"at most {_MOST_FILES} files", f"{len(names)}", "tell the maintainers")
    left = _MOST_UNPACKED
    for name in names:
        place = folder / name
        if not place.resolve().is_relative_to(folder.resolve()):
            found = f"{name!r} in {file.filename}"
            raise UserError("files inside the folder", found, "tell the maintainers")
        raw = member(file, name, left)
        left -= len(raw)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(raw)
