"""Find models and presets by name: a given path, then the user's folder, then what is shipped."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from daw_bridge.errors import UserError, near

KINDS = {
    "models": "a model",
    "presets/jams": "a jam preset",
    "presets/drum_maps": "a drum map",
    "presets/render": "a render preset",
    "presets/rewards": "a preset of rewards",
    "presets/sounds": "a sound",
    "presets/training": "a training preset",
    "presets/tuning": "a tuning preset",
}
"""What is looked up by name, and what users call it."""

_SUFFIXES = (".yaml", ".yml", ".md", ".safetensors")


def find(kind: str, name: str) -> Path:
    """Return the file of a preset, or the folder of a model.

    What holds a separator, ends like a file (`.yaml`, ...) or is `.` or `..` is a path. Anything
    else is a bare name, which is looked for in the user's folder, then among what is shipped, and
    never outside the two.

    Raises:
        UserError: there is none of that name; the near one is suggested, or the path.
    """
    if _is_path(name):
        path = Path(name).expanduser()
        if "\0" in name or not path.exists():
            raise UserError(KINDS[kind], f"nothing at {name!r}", "check the path")
        return path.parent if kind == "models" and path.is_file() else path
    for root in _roots():
        path = root / kind / (name if kind == "models" else f"{name}.yaml")
        if name and path.exists():
            return path
    here = name and Path(name).exists()
    do = f"write ./{name} for the one here" if here else near(name, names(kind))
    raise UserError(KINDS[kind], repr(name), do)


def names(kind: str) -> list[str]:
    """List the names of a kind, in order: the user's own and those that are shipped."""
    found = set[str]()
    for root in _roots():
        if kind == "models":
            found |= {path.parent.name for path in (root / kind).glob("*/README.md")}
        else:
            found |= {path.stem for path in (root / kind).glob("*.yaml")}
    return sorted(found)


def user_folder() -> Path:
    """Return the folder for a user's own models and presets: `$DAW_BRIDGE_HOME` or the system's."""
    if home := os.environ.get("DAW_BRIDGE_HOME"):
        return Path(home).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "daw-bridge"


def shipped_folder() -> Path:
    """Return the folder of what is shipped: inside the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "data"
    return inside if inside.is_dir() else package.parent


def is_shipped(path: Path) -> bool:
    """Whether a preset is one of those that are shipped, and not the user's own."""
    return path.resolve().is_relative_to(shipped_folder().resolve() / "presets")


def _roots() -> Iterator[Path]:
    yield user_folder()
    yield shipped_folder()


def _is_path(name: str) -> bool:
    return (
        "/" in name
        or name != Path(name).name
        or "\0" in name
        or name in (".", "..")
        or name.endswith(_SUFFIXES)
    ) and name != ""
