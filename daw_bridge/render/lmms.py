"""LMMS, a DAW with instruments of old consoles, run without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pydantic import Field

from daw_bridge.config.schema import Schema
from daw_bridge.files import whole
from daw_bridge.render.job import Job
from daw_bridge.render.mmp import MmpTrack, project
from daw_bridge.render.played import score_of
from daw_bridge.render.program import home_for, run
from daw_bridge.render.tracks import channels_of

PROGRAM = "lmms"


class LmmsSettings(Schema):
    """The tracks of the project."""

    tracks: tuple[MmpTrack, ...] = Field(min_length=1)


class Lmms:
    """Its project is written, rendered and thrown away."""

    Settings = LmmsSettings
    ENDING = ".mmp"

    def __init__(self, settings: LmmsSettings) -> None:
        self._tracks = settings.tracks

    def missing(self) -> str | None:
        """Say what must be installed."""
        return None if shutil.which(PROGRAM) else "LMMS (apt install lmms, or https://lmms.io)"

    def version(self) -> str:
        """Ask the program."""
        asked = subprocess.run(  # noqa: S603 -- LMMS, which the user has installed
            [*_command(), "--version"], capture_output=True, text=True, check=False, timeout=30
        )
        return (asked.stdout.splitlines() or ["LMMS"])[0]

    def write_project(self, job: Job, path: Path) -> None:
        """Write the project of a file.

        Raises:
            UserError: the file cannot be read.
        """
        score = score_of(job.midi)
        played = sorted({note.channel for note in score.notes})
        channels = channels_of(self._tracks, job.parts, played)
        text = project(score, zip(self._tracks, channels, strict=True), job.tail_s)
        with whole(path) as temporary:
            temporary.write_bytes(text)

    def render(self, job: Job, out: Path) -> None:
        """Write a project, and let LMMS write its sound in 32 bits.

        Raises:
            UserError: the file cannot be read, or LMMS wrote nothing.
        """
        song = out.with_suffix(self.ENDING)
        self.write_project(job, song)
        options = ["-o", str(out), "-f", "wav", "-a", "-s", str(job.rate)]
        run("LMMS", [*_command(), "render", str(song), *options], out, home_for(out.parent))


def _command() -> list[str]:
    """LMMS refuses to be root, as users are in containers, unless it is told."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [PROGRAM, "--allowroot"] if is_root else [PROGRAM]
