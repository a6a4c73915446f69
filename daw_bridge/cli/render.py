"""`daw-bridge render`: MIDI files to sound files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daw_bridge.cli.batch import midi_files, outputs
from daw_bridge.cli.rendering import make, sound_of, sound_options
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.errors import UserErrors


@click.command(epilog="Example: daw-bridge render takes --preset nes --format ogg --out album")
@click.argument("source", metavar="IN", type=PATH)
@click.option("--out", type=PATH, required=True, help="The folder to write to.")
@click.option(
    "--model",
    type=NAMED["model"],
    help="Whose voices the channels are; for files of `generate`, their manifest says it.",
)
@sound_options
def render(source: Path, out: Path, model: str | None, **options: Any) -> None:
    """Render IN, a MIDI file or a folder of them, to sound files, with a page to listen to them.

    What is there already is not done again, so a run that was interrupted goes on where it was.
    Exit code 1: some could not be rendered; the manifest and a line each say why.
    """
    from daw_bridge.render.parts import Parts  # noqa: PLC0415
    from daw_bridge.render.track import Order  # noqa: PLC0415

    found = midi_files(source, out)
    parts = Parts(model)
    sound = sound_of(options, parts.voices(found[0]))
    ending = f".{options['file_format']}"
    places = {midi: at.with_suffix(ending) for midi, at in outputs(source, found, out).items()}
    if twice := [at for at in set(places.values()) if list(places.values()).count(at) > 1]:
        raise UserErrors(f"{at}: expected one MIDI file for it, found several" for at in twice)
    orders = [
        Order(at.relative_to(out).as_posix(), sound.job(midi, at, parts.of(midi)), out)
        for midi, at in places.items()
    ]
    make(orders, out, options)
