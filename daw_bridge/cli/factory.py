"""`daw-bridge factory`: tracks by the hundred, from a model to sound files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daw_bridge.cli.options import given, option_of, options_of
from daw_bridge.cli.rendering import make, sound_of, sound_options
from daw_bridge.cli.types import NAMED, PATH, Whole
from daw_bridge.config.jam import LIVE, JamFile


@click.command(epilog="Example: daw-bridge factory chip --count 20 --out album")
@click.argument("model", type=NAMED["model"])
@click.option("--count", type=Whole(1, 1_000_000), default=20, show_default=True, help="How many.")
@click.option("--out", type=PATH, required=True, help="The folder to write to.")
@sound_options
@click.option("--jam", type=NAMED["jam"], help="The jam preset; the model's own, if not given.")
@option_of(JamFile, "bars", default=16)
@options_of(JamFile, without={"model", "bars", "backend", *LIVE})
def factory(
    model: str,
    count: int,
    out: Path,
    jam: str | None,
    bars: int,
    **options: Any,
) -> None:
    """Draw COUNT tracks from MODEL and render them, with a page to listen and pick.

    Each track has its MIDI file, its sound, and a line in manifest.jsonl with all that makes it
    again. The first has the seed that is given, the second the next, and so on. What is there
    already is not done again: after a kill, the same command goes on.
    """
    from dataclasses import replace  # noqa: PLC0415

    from daw_bridge.daemon.settings import ready  # noqa: PLC0415
    from daw_bridge.evaluation.free_running import jam_of  # noqa: PLC0415
    from daw_bridge.policies.card import read as read_card  # noqa: PLC0415
    from daw_bridge.render.draw import Draw  # noqa: PLC0415
    from daw_bridge.render.parts import by_channel  # noqa: PLC0415
    from daw_bridge.render.track import Order  # noqa: PLC0415

    said = {name: options.pop(name) for name in list(options) if name in _SOUND}
    _, preset = jam_of(model, jam)
    prepared = ready(preset.model_copy(update={"bars": bars, "ending": False}), given(options))
    for remark in prepared.remarks:
        click.echo(remark, err=True)
    card = read_card(prepared.folder)
    parts = by_channel(card, prepared.file.voices or ())
    sound = sound_of(said, list(parts.values()))
    stem, width = prepared.folder.resolve().name, max(len(str(count)), 4)
    orders = []
    for i in range(count):
        seed = prepared.file.seed + i * prepared.file.best_of
        seeded = replace(prepared, file=prepared.file.model_copy(update={"seed": seed}))
        midi = out / f"{stem}-{i + 1:0{width}d}.mid"
        to = midi.with_suffix(f".{said['file_format']}")
        draw = Draw(seeded, card.name, card.sha256)
        orders.append(Order(to.name, sound.job(midi, to, parts), out, draw))
    make(orders, out, said)


_SOUND = (
    "via", "preset", "file_format", "loop", "lufs", "tail", "rate", "limit", "workers", "cluster",
    "reaper", "force",
)  # fmt: skip
"""The options of `sound_options`, among those of the jam."""
