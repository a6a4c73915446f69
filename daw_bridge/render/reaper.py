"""REAPER renders a project that is written for each file."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.files import whole
from daw_bridge.midi.files import unpack
from daw_bridge.render import reaper_program as program
from daw_bridge.render import rpp
from daw_bridge.render.job import Job
from daw_bridge.render.played import score_of
from daw_bridge.render.program import run
from daw_bridge.render.tracks import channels_of


class Reaper:
    """A project with tempo, meters, tracks and their notes, rendered without a question."""

    Settings = program.ReaperSettings
    ENDING = ".rpp"

    def __init__(self, settings: program.ReaperSettings) -> None:
        self._settings = settings

    def missing(self) -> str | None:
        """Say what must be installed."""
        return program.missing(self._settings)

    def version(self) -> str:
        """Name it; which version it is, REAPER says only in a window."""
        return f"REAPER at {program.find_reaper(self._settings.program)}"

    def write_project(self, job: Job, path: Path) -> None:
        """Write the project of a file, which renders to a WAV file of the same name.

        Raises:
            UserError: the file, or what was saved in REAPER, cannot be read.
        """
        score = score_of(job.midi)
        played = sorted({note.channel for note in score.notes})
        tracks = self._settings.tracks
        channels = channels_of(tracks, job.parts, played)
        voices = [program.voice_of(*each) for each in zip(tracks, channels, strict=True) if each[1]]
        out = path.with_suffix(".wav").absolute()
        text = rpp.project(unpack(job.midi), score, voices, out, job.rate, job.tail_s)
        with whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def render(self, job: Job, out: Path) -> None:
        """Let REAPER render the project.

        Raises:
            UserError: a file cannot be read, or REAPER wrote nothing.
        """
        song = out.with_suffix(self.ENDING)
        self.write_project(job, song)
        asked = [*program.command(self._settings, out.parent), "-renderproject", str(song)]
        run("REAPER", asked, out, {})
