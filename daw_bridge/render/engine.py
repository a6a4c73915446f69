"""What renders: the protocol of an engine, and how one may fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.render.job import Job


class Engine(Protocol):
    """Instruments that are set up once, and then play one file after another.

    An engine is made of its settings and lives in a child process, for as many jobs as have the
    same settings: a plugin is loaded once. It is made in the calling process too, to be asked
    what is missing, so making one is quick; what is heavy is imported and loaded by `render`.
    What it starts (a DAW, say) it starts in its own process group, which is killed as a whole
    when time is up.
    """

    Settings: ClassVar[type[Schema]]
    """What a preset may say under `settings`."""

    def __init__(self, settings: Any) -> None:
        """Take settings, of the class that `Settings` is."""

    def missing(self) -> str | None:
        """Say in a line what must be installed before it can render; None: it can."""

    def version(self) -> str:
        """Name what makes the sound, and its version, for the manifest: "LMMS 1.2.2"."""

    def render(self, job: Job, out: Path) -> None:
        """Write the sound of `job.midi` to `out`, a new WAV file (PCM or float, any channels).

        Its first sample is the file's tick 0, its rate is `job.rate`; it lasts for the song and
        `job.tail_s` beyond it, or less where nothing rings. Loudness, loops and formats are
        not its concern. `out` lies in a folder that is removed afterwards, and may hold whatever
        else is needed on the way.

        Raises:
            UserError: it cannot, and why.
        """


def begin(engine: type[Engine], settings: Mapping[str, Any]) -> Engine:
    """Make an engine of settings as JSON has them."""
    return engine(engine.Settings.model_validate_json(json.dumps(dict(settings))))


@runtime_checkable
class Writer(Protocol):
    """An engine that is a DAW, whose projects a person can open."""

    ENDING: ClassVar[str]
    """How the names of its projects end."""

    def write_project(self, job: Job, path: Path) -> None:
        """Write the project of a job; what it renders has the same name, and another ending.

        Raises:
            UserError: the MIDI file cannot be read.
        """


class Failure(StrEnum):
    """Why a job has no sound."""

    MISSING = "missing"
    """The engine, a plugin or the MIDI file is not there."""
    FAILED = "failed"
    """It said why it cannot."""
    CRASHED = "crashed"
    """Its process ended."""
    HUNG = "hung"
    """It took longer than it may."""
    SILENT = "silent"
    """Nothing is heard, though there are notes."""


class RenderError(UserErrors):
    """A job that failed: of what kind that is, and in a line why."""

    def __init__(self, kind: Failure, why: UserError) -> None:
        super().__init__(str(why).splitlines())
        self.kind = kind
