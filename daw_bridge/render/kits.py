"""The engine that needs nothing installed: instruments of our own."""

from __future__ import annotations

from pathlib import Path

from daw_bridge import __version__
from daw_bridge.config.schema import Schema
from daw_bridge.render.drum_synth import Hit, render
from daw_bridge.render.job import Job
from daw_bridge.render.played import song_of


class KitSettings(Schema):
    """What a preset may tell these instruments."""


class Kits:
    """Drums, as pyo plays them."""

    Settings = KitSettings

    def __init__(self, settings: KitSettings) -> None:
        self._settings = settings

    def missing(self) -> str | None:
        """Say what must be installed: nothing."""
        return None

    def version(self) -> str:
        """Name the instruments: they are of this version of ours."""
        return f"daw-bridge {__version__}"

    def render(self, job: Job, out: Path) -> None:
        """Write the sound of a file's drums."""
        song = song_of(job.midi)
        hits = [Hit(note.start_s, note.pitch, note.velocity) for note in song.notes]
        render(hits, out, song.length_s + job.tail_s)
