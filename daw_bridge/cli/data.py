"""`daw-bridge data`: what a folder of music holds, and public data sets."""

from __future__ import annotations

from pathlib import Path

import click

from daw_bridge.cli.progress import share_shown
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.encoding.kind import IN_BARS, Kind
from daw_bridge.errors import UserError, near
from daw_bridge.files import file_to_write

_DRAWN = 16
"""Bars of a roll."""


@click.group(epilog="Example: daw-bridge data report data/groove --plot groove.png")
def data() -> None:
    """Look at music, or fetch public data sets."""


@data.command(
    short_help="Count what is in a folder, and draw it.",
    epilog="Example: daw-bridge data report data/groove --plot groove.png",
)
@click.argument("folder", type=PATH)
@click.option("--role", type=click.Choice(IN_BARS), default="drums", show_default=True,
              help="What a model is to play: which notes count.")  # fmt: skip
@click.option(
    "--drum-map",
    type=NAMED["map"],
    help="The map of the kit; General MIDI and Groove's, if not given.",
)
@click.option("--plot", type=PATH, help="Draw the report to this file.")
@click.option("--roll", type=PATH, help="Draw the first bars of the first piece to this file.")
def report(
    folder: Path, role: Kind, drum_map: str | None, plot: Path | None, roll: Path | None
) -> None:
    """Count what is in FOLDER (or a zip or a file): pieces, meters, feel, duplicates, faults."""
    from rich.console import Console  # noqa: PLC0415

    from daw_bridge.cli.data_tables import tables  # noqa: PLC0415
    from daw_bridge.config.drum_map import load_drum_map  # noqa: PLC0415
    from daw_bridge.corpora import dataset as music  # noqa: PLC0415
    from daw_bridge.corpora.contents import contents_of  # noqa: PLC0415
    from daw_bridge.corpora.material import KNOWN_DRUMS, Reading, drums_of  # noqa: PLC0415
    from daw_bridge.corpora.report import count, spreads  # noqa: PLC0415

    for picture in filter(None, (plot, roll)):
        file_to_write(picture)
    drums = KNOWN_DRUMS if drum_map is None else drums_of(load_drum_map(drum_map))
    with share_shown("reading") as progress:
        corpus = music.read([folder], Reading(role, drums), progress=progress)
    with share_shown("counting") as progress:
        contents = contents_of([folder], progress)
    counts = count(corpus)
    console = Console()
    for table in tables(counts, contents, f"{folder}, {role}"):
        console.print(table)
    if plot is not None:
        from daw_bridge.pictures import charts  # noqa: PLC0415

        about = f"{counts.pieces} pieces, {counts.bars} bars, {counts.notes} notes"
        charts.histograms(spreads(counts), plot, f"{folder.name}: {about}")
        click.echo(f"wrote {plot}")
    if roll is not None:
        from daw_bridge.pictures import roll as pictures  # noqa: PLC0415

        piece = corpus.pieces[0]
        bars = piece.excerpt(0, _DRAWN).bars()
        pictures.draw(bars, roll, title=piece.name, drums=0 if role == "drums" else -1)
        click.echo(f"wrote {roll}")


@data.command(
    short_help="Fetch a public data set.", epilog="Example: daw-bridge data get groove --out data"
)
@click.argument("name")
@click.option("--out", type=PATH, default=Path("data"), show_default=True,
              help="The folder to put it in.")  # fmt: skip
def get(name: str, out: Path) -> None:
    """Fetch the public data set NAME (groove) and check that it is the right one."""
    from daw_bridge.corpora.download import ARCHIVES  # noqa: PLC0415
    from daw_bridge.corpora.download import get as fetch  # noqa: PLC0415

    if name not in ARCHIVES:
        raise UserError("a public data set", repr(name), near(name, ARCHIVES))
    with share_shown("fetching") as progress:
        place = fetch(ARCHIVES[name], out, progress=progress)
    click.echo(f"wrote {place}: {ARCHIVES[name].licence}")
