"""`daw-bridge render`: MIDI files to sound files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.batch import midi_files, outputs, refuse_to_overwrite
from daw_bridge.cli.rendering import Sound, make, sound_of, sound_options
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.registry import ENGINES

if TYPE_CHECKING:
    from daw_bridge.render.engine import Writer


@click.command(epilog="Example: daw-bridge render takes --preset nes --format ogg --out album")
@click.argument("source", metavar="IN", type=PATH)
@click.option("--out", type=PATH, help="The folder to write to.")
@click.option(
    "--dry-run",
    "projects",
    metavar="FOLDER",
    type=PATH,
    help="Leave the DAW's projects there for you to open, and render nothing.",
)
@click.option(
    "--model",
    type=NAMED["model"],
    help="Whose voices the channels are; for files of `generate`, their manifest says it.",
)
@sound_options
def render(
    source: Path, out: Path | None, projects: Path | None, model: str | None, **options: Any
) -> None:
    """Render IN, a MIDI file or a folder of them, to sound files, with a page to listen to them.

    What is there already is not done again, so a run that was interrupted goes on where it was.
    Exit code 1: some could not be rendered; the manifest and a line each say why.
    """
    from daw_bridge.render.parts import Parts  # noqa: PLC0415
    from daw_bridge.render.track import Order  # noqa: PLC0415

    to = out if projects is None else projects
    if to is None:
        raise UserError("a folder to write to", "none", "add --out FOLDER")
    found = midi_files(source, to)
    parts = Parts(model)
    sound = sound_of(options, parts.voices(found[0]), sounds=projects is None)
    ending = f".{options['file_format']}" if projects is None else _writer(sound).ENDING
    places = {midi: at.with_suffix(ending) for midi, at in outputs(source, found, to).items()}
    if twice := [at for at in set(places.values()) if list(places.values()).count(at) > 1]:
        raise UserErrors(f"{at}: expected one MIDI file for it, found several" for at in twice)
    jobs = {at: sound.job(midi, at, parts.of(midi)) for midi, at in places.items()}
    if projects is None:
        orders = [Order(at.relative_to(to).as_posix(), job, to) for at, job in jobs.items()]
        make(orders, to, options)
        return
    refuse_to_overwrite(jobs, force=options["force"])
    for at, job in jobs.items():
        _writer(sound).write_project(job, at)
    click.echo(f"wrote {len(jobs)} project(s) to {to}: nothing was rendered")


def _writer(sound: Sound) -> Writer:
    from daw_bridge.render.engine import Writer, begin  # noqa: PLC0415

    engine = begin(ENGINES[sound.engine], sound.file.settings)
    if not isinstance(engine, Writer):
        raise UserError("an engine that has projects", sound.engine, "add --via reaper, or lmms")
    return engine
