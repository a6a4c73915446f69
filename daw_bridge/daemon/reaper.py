"""Our scripts in REAPER's folder: copied, kept where the user has changed them, and taken away."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import names, shipped_folder
from daw_bridge.daemon.settings import voices_of
from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, read_text, whole
from daw_bridge.jam.modes import Name
from daw_bridge.policies.card import Card
from daw_bridge.render.reaper_program import FOLDER

SETTINGS = "daw_bridge_settings.lua"
LIST = "installed.txt"
"""What was installed, with what was in it: whatever differs since then is the user's own."""

LARGEST_BYTES = 1 << 20

_PLACES = {
    "darwin": ("~/Library/Application Support/REAPER",),
    "win32": (r"%APPDATA%\REAPER",),
    "linux": ("~/.config/REAPER",),
}


def resource_folder(named: Path | None) -> Path:
    """Return REAPER's folder of settings and scripts.

    Raises:
        UserError: there is none, and none was named.
    """
    if named is not None:
        if not named.is_dir():
            raise UserError("REAPER's resource folder", f"none at {named}", "name it by --folder")
        return named
    places = _PLACES.get(sys.platform, _PLACES["linux"])
    for place in places:
        path = Path(os.path.expandvars(place)).expanduser()
        if path.is_dir():
            return path
    do = "start REAPER once, or name it by --folder (Options: Show REAPER resource path)"
    raise UserError("REAPER's resource folder", f"none at {', '.join(places)}", do)


def install(folder: Path, settings: str, *, force: bool) -> tuple[list[Path], list[Path]]:
    """Copy the scripts and effects, and what they are to know; give what was written and left.

    What the user has changed since it was installed is left as it is, unless by `force`.

    Raises:
        UserError: the folder cannot be written to.
    """
    before = _listed(folder)
    written: list[Path] = []
    left: list[Path] = []
    sums: dict[str, str] = {}
    for path, raw in _contents(folder, settings):
        name = path.relative_to(folder).as_posix()
        ours = path.exists() and _sum(_read(path)) in (before.get(name), _sum(raw))
        if path.exists() and not ours and not force:
            left.append(path)
            sums |= {name: before[name]} if name in before else {}
            continue
        with whole(path) as temporary:
            temporary.write_bytes(raw)
        written.append(path)
        sums[name] = _sum(raw)
    with whole(_list(folder)) as temporary:
        lines = (f"{digest} {name}\n" for name, digest in sums.items())
        temporary.write_text("".join(lines), encoding="utf-8")
    return written, left


def uninstall(folder: Path, *, force: bool) -> tuple[list[Path], list[Path]]:
    """Take away what was installed; give what went and what is left, which the user has changed.

    Raises:
        UserError: nothing was installed there.
    """
    before = _listed(folder)
    if not before:
        raise UserError("scripts that were installed", f"none in {folder}", "there is no need")
    gone, left = [], []
    for name, digest in before.items():
        path = folder / name
        if not path.exists():
            continue
        if _sum(_read(path)) == digest or force:
            path.unlink()
            gone.append(path)
        else:
            left.append(path)
    _list(folder).unlink()
    for kind in ("Scripts", "Effects"):
        if (place := folder / kind / FOLDER).is_dir() and not any(place.iterdir()):
            place.rmdir()
    return gone, left


def settings_of(card: Card, model: str) -> str:
    """Write what the scripts are to know, as a table of Lua: the program, models, voices, modes."""
    where = Path(shutil.which("daw-bridge") or sys.argv[0]).absolute()
    lines = [
        "-- Written by `daw-bridge reaper install`.",
        "return {",
        f"  program = {_text(str(where))},",
        f"  model = {_text(model)},",
        f"  models = {{ {', '.join(map(_text, names('models')))} }},",
        f"  modes = {{ {', '.join(map(_text, Name))} }},",
        '  port = "daw-bridge",',
        "  voices = {",
    ]
    for each in voices_of(card):
        name = card.voices[each.voice] if card.voices else "notes"
        notes = _note_names(each.drum_map) if each.drum_map else {}
        listed = ", ".join(f"[{note}] = {_text(label)}" for note, label in notes.items())
        channel = f"channel = {each.channel}"
        lines.append(f"    {{ name = {_text(name)}, {channel}, note_names = {{ {listed} }} }},")
    return "\n".join([*lines, "  },", "}", ""])


def _note_names(drum_map: str) -> dict[int, str]:
    found = load_drum_map(drum_map)
    return {note: label for note in range(128) if (label := found.label(note)) is not None}


def _text(text: str) -> str:
    """Write a text for Lua."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


def _contents(folder: Path, settings: str) -> Iterator[tuple[Path, bytes]]:
    for path in _shipped():
        kind = "Effects" if path.suffix == ".jsfx" else "Scripts"
        yield folder / kind / FOLDER / path.name, _read(path)
    yield folder / "Scripts" / FOLDER / SETTINGS, settings.encode()


def _shipped() -> Iterable[Path]:
    there = (shipped_folder() / "reaper_scripts").iterdir()
    return sorted(path for path in there if path.suffix in (".lua", ".jsfx"))


def _list(folder: Path) -> Path:
    return folder / "Scripts" / FOLDER / LIST


def _listed(folder: Path) -> Mapping[str, str]:
    path = _list(folder)
    if not path.exists():
        return {}
    lines = (line.split(" ", 1) for line in read_text(path, LARGEST_BYTES).splitlines())
    known = {path.name for path in _shipped()} | {SETTINGS}
    # Nothing but names of ours: a list that was tampered with takes nothing else away.
    return {
        name: digest
        for digest, name in (line for line in lines if len(line) == 2)
        if name in {f"{kind}/{FOLDER}/{each}" for kind in ("Scripts", "Effects") for each in known}
    }


def _read(path: Path) -> bytes:
    return read_bounded(path, LARGEST_BYTES)


def _sum(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
