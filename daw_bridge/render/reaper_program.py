"""REAPER as a program: where it is, a profile of its own, and the tracks that presets may say."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from daw_bridge.config.files import shipped_folder
from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError
from daw_bridge.files import read_text, whole
from daw_bridge.render import rpp
from daw_bridge.render.tracks import Name, Track

FOLDER = "DAW Bridge"
"""Where our scripts and effects lie, below REAPER's folders `Scripts` and `Effects`."""

LARGEST_BYTES = 16 << 20
"""Of a saved chain or template: plugins may keep samples in their states."""

PROFILE = """[REAPER]
verchk=0
splash=0
loadlastproj=0
errnowarn=5
linux_audio_mode=2
"""
"""Nothing that is asked, shown or opened at the start; a missing plugin is no question either."""

_PLACES = {
    "darwin": ("/Applications/REAPER.app/Contents/MacOS/REAPER",),
    "win32": (
        r"%PROGRAMFILES%\REAPER (x64)\reaper.exe",
        r"%PROGRAMFILES%\REAPER\reaper.exe",
        r"%PROGRAMFILES(X86)%\REAPER\reaper.exe",
    ),
    "linux": ("~/opt/REAPER/reaper", "/opt/REAPER/reaper", "~/REAPER/reaper"),
}


class ReaperTrack(Track):
    """A track: exactly one of a JSFX, a chain of effects and a track template.

    `js` is a file below REAPER's folder `Effects` (in the profile of its own there are those of
    ours), with the values of its sliders; `chain` and `template` are paths of what was saved in
    REAPER.
    """

    js: Name | None = None
    sliders: Annotated[tuple[float, ...], Field(max_length=rpp.SLIDERS)] = ()
    chain: Name | None = None
    template: Name | None = None

    @model_validator(mode="after")
    def _one_instrument(self) -> Self:
        if sum(each is not None for each in (self.js, self.chain, self.template)) != 1:
            raise ValueError("expected one of js, chain and template")
        return self


class ReaperSettings(Schema):
    """The tracks, and how REAPER is run.

    `program` is its path where it is not found. With `own_profile` it starts with settings of our
    own, which know no licence, no audio device and no plugin but those in the usual folders.
    """

    tracks: tuple[ReaperTrack, ...] = Field(min_length=1)
    program: Name | None = None
    own_profile: bool = True


def find_reaper(program: str | None) -> Path | None:
    """Return where REAPER is: at the path that is named, else where it is installed."""
    if program is not None:
        path = Path(program).expanduser()
        return path if path.is_file() else None
    places = _PLACES.get(sys.platform, _PLACES["linux"])
    paths = [Path(os.path.expandvars(place)).expanduser() for place in places]
    if there := shutil.which("reaper"):
        paths.insert(0, Path(there))
    return next((path for path in paths if path.is_file()), None)


def missing(settings: ReaperSettings) -> str | None:
    """Say what must be there: REAPER, or what was saved in it."""
    saved = [each for track in settings.tracks for each in (track.chain, track.template) if each]
    absent = [each for each in saved if not Path(each).expanduser().is_file()]
    if find_reaper(settings.program) is None:
        named = f" at {settings.program}" if settings.program else ""
        return f"REAPER{named} (https://reaper.fm, or its path as --reaper)"
    return f"what was saved as {', '.join(absent)}" if absent else None


def command(settings: ReaperSettings, folder: Path) -> list[str]:
    """Return the command that begins REAPER, in a profile below a folder, and asks nothing.

    Raises:
        UserError: there is none.
    """
    program = find_reaper(settings.program)
    if program is None:
        found = settings.program or "none where it is installed"
        raise UserError("REAPER", found, "install it, or name its path as --reaper")
    asked = [str(program), "-newinst", "-nosplash", "-ignoreerrors"]
    if settings.own_profile:
        asked += ["-cfgfile", str(_profile(folder / "profile"))]
    return asked


def _profile(folder: Path) -> Path:
    effects = folder / "Effects" / FOLDER
    effects.mkdir(parents=True, exist_ok=True)
    for path in (shipped_folder() / "reaper_scripts").glob("*.jsfx"):
        with whole(effects / path.name) as temporary:
            shutil.copyfile(path, temporary)
    ini = folder / "reaper.ini"
    with whole(ini) as temporary:
        temporary.write_text(PROFILE, encoding="utf-8")
    return ini


def voice_of(track: ReaperTrack, channels: frozenset[int]) -> rpp.Voice:
    """Return a track of a project, with what was saved in REAPER read.

    Raises:
        UserError: it cannot be read, or is a template without a track.
    """
    effects: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    if track.js is not None:
        effects = rpp.js(track.js, track.sliders)
    elif track.chain is not None:
        effects = _lines(track.chain)
    else:
        template = _lines(str(track.template))
        if not template or not template[0].lstrip().startswith("<TRACK"):
            do = "save a track in REAPER as a template"
            raise UserError("a track template", f"another file, {track.template}", do)
    keys = tuple(track.keys.items())
    return rpp.Voice(track.name, channels, effects, template, keys, track.factor)


def _lines(name: str) -> tuple[str, ...]:
    text = read_text(Path(name).expanduser(), LARGEST_BYTES, "what was saved in REAPER")
    return tuple(line for line in text.splitlines() if line.strip())
