"""Instruments written in Faust, compiled as they are needed and played by DawDreamer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.files import shipped_folder, user_folder
from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError
from daw_bridge.files import read_text
from daw_bridge.render import host
from daw_bridge.render.job import Job
from daw_bridge.render.tracks import Name, Track

FOLDER = "presets/render/faust"
LARGEST_BYTES = 1 << 20


class FaustTrack(Track):
    """An instrument: a .dsp with the usual `freq`, `gain` and `gate`.

    `dsp` is a path, or a file's name in `presets/render/faust` of the user's or ours. So many
    `notes` sound at once; `parameters` are its others, by the names of their sliders.
    """

    dsp: Name
    notes: Annotated[int, Field(ge=1, le=64)] = 8
    parameters: dict[Name, float] = Field(default={})


class FaustSettings(Schema):
    """The tracks."""

    tracks: tuple[FaustTrack, ...] = Field(min_length=1)


class Faust:
    """Tracks of Faust's instruments."""

    Settings = FaustSettings

    def __init__(self, settings: FaustSettings) -> None:
        self._tracks = settings.tracks
        self._kept: tuple[int, host.Rack] | None = None

    def missing(self) -> str | None:
        """Say what must be installed: DawDreamer, which holds Faust, or the .dsp."""
        absent = [track.dsp for track in self._tracks if not _place(track.dsp).is_file()]
        return host.missing() or (f"the instrument {', '.join(absent)}" if absent else None)

    def version(self) -> str:
        """Name the host."""
        return f"Faust in {host.name_and_version()}"

    def render(self, job: Job, out: Path) -> None:
        """Write the sound of a file; instruments are compiled once for each rate.

        Raises:
            UserError: the file cannot be read, or an instrument is not there or cannot be compiled.
        """
        if self._kept is None or self._kept[0] != job.rate:
            engine = host.new_engine(job.rate)
            tracks = [
                (track, [_compiled(engine, track, str(i))]) for i, track in enumerate(self._tracks)
            ]
            self._kept = job.rate, host.Rack(engine, tracks)
        self._kept[1].render(job, out)


def _place(name: str) -> Path:
    path = Path(name).expanduser()
    if path.name != name:
        return path
    places = [root / FOLDER / name for root in (user_folder(), shipped_folder())]
    return next((each for each in places if each.is_file()), places[-1])


def _compiled(engine: Any, track: FaustTrack, name: str) -> host.Processor:
    path = _place(track.dsp)
    made = engine.make_faust_processor(name)
    made.num_voices = track.notes
    made.set_dsp_string(read_text(path, LARGEST_BYTES, "an instrument in Faust"))
    try:
        made.compile()
    except RuntimeError as error:
        why = str(error).strip().splitlines()[0]
        raise UserError("a .dsp that compiles", f"{path} ({why})", "mend it") from error
    known = {
        each["name"].rpartition("/")[2]: each["index"] for each in made.get_parameters_description()
    }
    for number, value in host.numbered(known, track.parameters, path.name):
        made.set_parameter(number, value)
    return made
