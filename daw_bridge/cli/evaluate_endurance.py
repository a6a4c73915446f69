"""`daw-bridge evaluate --endurance`: jams of minutes, beside held-out music."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from daw_bridge.cli.endurance_tables import tables
from daw_bridge.cli.progress import share_shown
from daw_bridge.config.files import user_folder
from daw_bridge.config.training import load_training
from daw_bridge.evaluation.endurance import Lengths, measure
from daw_bridge.evaluation.free_running import jam_of
from daw_bridge.evaluation.music import dynamics_of, find, preset_of
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.load import vocabulary_of


def endure(
    folder: Path,
    data: Path,
    training: str | None,
    played: tuple[str | None, Mapping[str, Any]],
    lengths: Mapping[str, int],
    temperatures: Sequence[float],
    workers: int | None,
    plot: Path | None,
    *,
    as_json: bool,
) -> None:
    """Let the model in a folder play, and print and draw what was heard.

    `played` are a jam preset, if not the model's own, and options that come before what it says.
    Music is read and split as the preset `training` does, or that of the model's name.
    """
    card = read_card(folder)
    name, jam = jam_of(card.name, *played)
    read_as = load_training(training) if training else preset_of(card)
    music = find(
        [data],
        vocabulary_of(card),
        preset=read_as,
        cache=user_folder() / "cache",
        tell=lambda what: click.echo(what, err=True),
    )
    loud = dynamics_of(card, data, lambda what: click.echo(what, err=True))
    with share_shown("playing") as progress:
        found = measure(
            folder,
            name,
            jam,
            music.pieces,
            dynamics=loud.pieces if loud is not None else (),
            lengths=Lengths(**lengths),
            temperatures=temperatures,
            workers=workers,
            progress=progress,
        )
    if plot is not None:
        from daw_bridge.pictures import strips  # noqa: PLC0415  matplotlib

        title = f"{found.model} at its preset: a bar that comes again has its first one's colour"
        strips.draw(found.strips(), plot, title=title, bars=lengths["bars"])
    if as_json:
        click.echo(json.dumps(found.plain(), indent=1))
        return
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    for table in tables(found):
        console.print(table)
