"""What `render`, `factory` and `demo` share: options of the sound, presets, and how it went."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from daw_bridge.cli.types import NAMED, PATH, Real, Whole
from daw_bridge.config.bounds import Bounds
from daw_bridge.errors import SomeFailed, UserError, UserErrors
from daw_bridge.registry import ENGINES

if TYPE_CHECKING:
    from daw_bridge.config.render import RenderFile
    from daw_bridge.render.track import Order

Command = TypeVar("Command", bound=Callable[..., Any])

FORMATS = ("wav", "flac", "ogg", "mp3")

_OPTIONS = (
    click.option(
        "--via",
        type=click.Choice(list(ENGINES)),
        default=next(iter(ENGINES)),
        show_default=True,
        help="What makes the sound.",
    ),
    click.option(
        "--preset", type=NAMED["render"], help="Its instruments; those that suit, if not given."
    ),
    click.option(
        "--format",
        "file_format",
        type=click.Choice(FORMATS),
        default=FORMATS[0],
        show_default=True,
        help="All but wav need the extra audio.",
    ),
    click.option(
        "--loop", is_flag=True, help="Let the end lead into the beginning, to the sample."
    ),
    click.option(
        "--lufs", type=Real("a loudness", Bounds(ge=-60, le=-5)), help="Bring all to this loudness."
    ),
    click.option(
        "--tail", type=Real("seconds", Bounds(ge=0, le=60)), help="Seconds in which it rings out."
    ),
    click.option("--rate", type=Whole(8000, 192_000, "samples a second"), help="Samples a second."),
    click.option(
        "--limit",
        type=Real("seconds", Bounds(gt=0, le=86_400)),
        default=300.0,
        show_default=True,
        help="Seconds that a track may take; then it has failed.",
    ),
    click.option(
        "--workers", type=Whole(1, 1024), help="Tracks at a time; one a core, if not given."
    ),
    click.option(
        "--cluster",
        metavar="HOST:PORT",
        help="Let the machines of this Ray cluster do it; needs the extra ray.",
    ),
    click.option("--reaper", type=PATH, help="Where REAPER is, if it is not found."),
    click.option("--force", is_flag=True, help="Make again what was made otherwise."),
)


def sound_options(command: Command) -> Command:
    """Add the options that say how notes become sound."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Sound:
    """What the options say, and the preset that they name."""

    engine: str
    preset: str
    file: RenderFile
    options: Mapping[str, Any]

    def job(self, midi: Path, out: Path, parts: Mapping[int, str]) -> Any:
        """Return the job of one file."""
        from daw_bridge.render.job import Job  # noqa: PLC0415

        said = self.options
        return Job(
            midi,
            out,
            self.engine,
            self.file.settings,
            self.preset,
            parts,
            self.file.rate if said["rate"] is None else said["rate"],
            self.file.tail if said["tail"] is None else said["tail"],
            said["loop"],
            said["lufs"],
            said["limit"],
        )


def sound_of(
    options: Mapping[str, Any], voices: Collection[str] = (), *, sounds: bool = True
) -> Sound:
    """Find the preset that was named, or the one that suits a model's voices best.

    Where nothing `sounds`, nothing need be installed.

    Raises:
        UserError: there is none, it is of another engine, or something is not installed.
    """
    from daw_bridge.config.render import load_render, preset_for  # noqa: PLC0415
    from daw_bridge.render import sound_files  # noqa: PLC0415
    from daw_bridge.render.engine import begin  # noqa: PLC0415

    engine, name = options["via"], options["preset"]
    if name is None:
        name = preset_for(engine, voices)
    file = load_render(name)
    if file.engine != engine:
        found = f"one of {file.engine}, {name}"
        raise UserError(f"a preset of {engine}", found, f"add --via {file.engine}")
    if options["reaper"] is not None and "program" in file.settings:
        settings = {**file.settings, "program": str(options["reaper"].absolute())}
        file = file.model_copy(update={"settings": settings})
    rate = file.rate if options["rate"] is None else options["rate"]
    sound_files.check(options["file_format"], rate, loop=options["loop"])
    if sounds and (said := begin(ENGINES[engine], file.settings).missing()):
        raise UserError(f"the engine {engine}", "it is not there", said)
    return Sound(engine, name, file, options)


def make(orders: Iterable[Order], out: Path, options: Mapping[str, Any]) -> None:
    """Make tracks, with a bar of how many are left, and say how it went.

    Raises:
        UserErrors: none has a sound; a line each.
        SomeFailed: some have none.
    """
    from daw_bridge.cli.progress import share_shown  # noqa: PLC0415
    from daw_bridge.render.factory import failures, run  # noqa: PLC0415

    workers = options["workers"] or os.cpu_count() or 1
    with share_shown("tracks") as progress:
        entries, there = run(
            list(orders),
            out,
            workers=workers,
            force=options["force"],
            progress=progress,
            cluster=options["cluster"],
        )
    wrong = failures(entries)
    done = len(entries) - len(wrong)
    if done:
        before = f", {there} of them before" if there else ""
        click.echo(f"{done} track(s) in {out}{before}; listen and pick: {out / 'index.html'}")
    if wrong:
        told = wrong if len(entries) == 1 else [*wrong, f"{len(wrong)} of {len(entries)} failed"]
        raise (SomeFailed if done else UserErrors)(told)
