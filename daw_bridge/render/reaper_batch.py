"""REAPER's batch converter, which takes MIDI files as they are: a list goes in, sounds come out.

This is how the first of these recordings were made. Neither the tempo's changes nor where a file
begins can be told here, and one chain of effects plays all channels; `reaper` can do more.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from daw_bridge.errors import UserError
from daw_bridge.files import read_text
from daw_bridge.render import reaper_program as program
from daw_bridge.render import rpp
from daw_bridge.render.job import Job
from daw_bridge.render.program import run

LARGEST_LOG = 1 << 20


class ReaperBatch:
    """A list of one file, written fresh, beside which REAPER writes a log."""

    Settings = program.ReaperSettings

    def __init__(self, settings: program.ReaperSettings) -> None:
        self._settings = settings

    def missing(self) -> str | None:
        """Say what must be installed, or that it is not one chain that plays all."""
        (first, *others) = self._settings.tracks
        if others or first.template:
            return "one track with a chain or a JSFX: the batch converter has no more"
        return program.missing(self._settings)

    def version(self) -> str:
        """Name it; which version it is, REAPER says only in a window."""
        return f"REAPER's batch converter at {program.find_reaper(self._settings.program)}"

    def render(self, job: Job, out: Path) -> None:
        """Let REAPER convert the file.

        Raises:
            UserError: a file cannot be read, or REAPER wrote nothing.
        """
        # Copied, so that no name can be misread in a list that is parted by tabs and quotes.
        song = out.with_name("song.mid")
        shutil.copyfile(job.midi, song)
        listed = out.with_name("list.txt")
        listed.write_text(self._list(song, out, job), encoding="utf-8")
        asked = [*program.command(self._settings, out.parent), "-batchconvert", str(listed)]
        try:
            run("REAPER", asked, out, {})
        except UserError as error:
            raise UserError(error.expected, f"{error.found}{_log(listed)}", error.do) from error

    def _list(self, song: Path, out: Path, job: Job) -> str:
        (track,) = self._settings.tracks
        lines = [
            f"{song}\t{out}",
            "<CONFIG",
            f"SRATE {job.rate}",
            "NCH 2",
            "RSMODE 3",
            f"PAD_END {job.tail_s:g}",
            "<FXCHAIN",
            *program.voice_of(track, frozenset()).effects,
            ">",
            "<OUTFMT",
            rpp.WAV_FLOAT,
            ">",
            ">",
        ]
        return "\n".join([*lines, ""])


def _log(listed: Path) -> str:
    """Return what the log says, in one line."""
    path = listed.with_name(f"{listed.name}.log")
    if not path.exists():
        return ", without a log"
    lines = [line.strip() for line in read_text(path, LARGEST_LOG, "a log").splitlines()]
    return f"; its log: {'; '.join(line for line in lines if line)}"
