"""Where plugins are installed, on each system."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_UNIX = ("/usr/lib", "/usr/local/lib", "~")
_FOLDERS: dict[str, tuple[str, ...]] = {
    "darwin": tuple(
        f"{root}/Library/Audio/Plug-Ins/{kind}"
        for root in ("~", "")
        for kind in ("VST3", "VST", "Components")
    ),
    "win32": (
        r"%COMMONPROGRAMFILES%\VST3",
        r"%LOCALAPPDATA%\Programs\Common\VST3",
        r"%PROGRAMFILES%\VSTPlugins",
        r"%PROGRAMFILES%\Steinberg\VSTPlugins",
        r"%PROGRAMFILES%\Common Files\VST2",
    ),
    "linux": (
        *(f"{root}/{'.' * (root == '~')}vst3" for root in _UNIX),
        *(f"{root}/{'.' * (root == '~')}vst" for root in _UNIX),
    ),
}

DEPTH = 2
"""Folders of a maker, and of a product in it, below those where plugins are installed."""


def is_uri(name: str) -> bool:
    """Whether a name is that of an LV2, which hosts find by themselves."""
    return name.startswith(("http://", "https://", "urn:"))


def find_plugin(name: str) -> str | None:
    """Return what a host loads: a URI as it is, a path that is there; None where it is not.

    A bare name, such as "Nekobi-vst.so", is looked for where plugins are installed.
    """
    if is_uri(name):
        return name
    path = Path(name).expanduser()
    if path.name != name:
        return str(path) if path.exists() else None
    found = (each for folder in folders() for each in _below(folder, DEPTH) if each.name == name)
    return next((str(each) for each in found), None)


def folders() -> list[Path]:
    """List the folders in which plugins are installed, those that there are."""
    paths = _FOLDERS.get(sys.platform, _FOLDERS["linux"])
    expanded = (Path(os.path.expandvars(path)).expanduser() for path in paths)
    return [path for path in expanded if path.is_dir()]


def _below(folder: Path, depth: int) -> Iterator[Path]:
    try:
        there = sorted(folder.iterdir())
    except OSError:  # not ours to look into
        return
    yield from there
    for each in there:
        if depth and each.is_dir():
            yield from _below(each, depth - 1)
