"""`daw-bridge evaluate`: how good a model is, beside baselines."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daw_bridge.cli.options import given, option_of, type_of
from daw_bridge.cli.types import NAMED, PATH, Whole
from daw_bridge.config.jam import JamFile
from daw_bridge.files import file_to_write
from daw_bridge.music.time import MOST_BARS

if TYPE_CHECKING:
    from daw_bridge.evaluation.evaluate import Report


@click.command(epilog="Example: daw-bridge evaluate groove-drums data/groove --json")
@click.argument("model", type=NAMED["model"])
@click.argument("data", type=PATH)
@click.option("--train", type=PATH, help="Music for the baselines.")
@click.option(
    "--preset", type=NAMED["training"], help="Read and split DATA as this training preset does."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--plot", type=PATH, help="Draw the features to this file.")
@click.option("--card", is_flag=True, help="Write the figures into the model's card as well.")
@click.option("--excerpts", type=Whole(2), default=64, show_default=True, help="Samples of each.")
@option_of(JamFile, "bars", default=16, words="Bars of a sample.")
@option_of(JamFile, "seed", words="Of the samples.")
@click.option("--jam", type=NAMED["jam"], help="What it plays; its own jam preset, if not given.")
@click.option(
    "--temperature", type=type_of(JamFile, "temperature"), help="In place of the jam preset's."
)
@click.option("--top-p", type=type_of(JamFile, "top_p"), help="In place of the jam preset's.")
@click.option("--workers", type=Whole(1), help="Processes; as many as cores, where not given.")
@click.option("--endurance", is_flag=True, help="Measure long jams in place of all else.")
@click.option("--jams", type=Whole(1), default=8, show_default=True, help="Jams at a setting.")
@click.option(
    "--jam-bars", type=Whole(32, MOST_BARS), default=256, show_default=True, help="Bars of a jam."
)
@click.option(
    "--long-bars",
    type=Whole(32, MOST_BARS),
    default=2000,
    show_default=True,
    help="Bars of one more jam.",
)
@click.option(
    "--at",
    type=type_of(JamFile, "temperature"),
    multiple=True,
    default=(0.8, 1.0, 1.2),
    show_default=True,
    help="Temperatures of jams, beside the preset's own.",
)
def evaluate(
    model: str, data: Path, train: Path | None, preset: str | None, plot: Path | None,
    jam: str | None, workers: int | None, at: tuple[float, ...],
    *, as_json: bool, card: bool, excerpts: int, bars: int, seed: int, temperature: float | None,
    top_p: float | None, endurance: bool, jams: int, jam_bars: int, long_bars: int,
) -> None:  # fmt: skip
    """Measure MODEL on the music in DATA, a folder, a zip or a file.

    Judged is the split "test" where DATA has one, else "valid", else all of it. Beside the model
    stand held-out music, an n-gram that may copy earlier bars, a copy of the last bar, and chance;
    they learn from the split "train" of DATA, or from --train. Samples are drawn as the model's
    jam preset has it.

    With --endurance MODEL plays that preset, and at other temperatures, for minutes: figures are of
    every window of 32 bars, beside those of held-out music; --plot draws the bars as strips.
    """
    from daw_bridge.config.files import find, user_folder  # noqa: PLC0415

    folder = find("models", model)
    if plot is not None:
        file_to_write(plot)
    options = given({"temperature": temperature, "top_p": top_p})
    if endurance:
        from daw_bridge.cli.evaluate_endurance import endure  # noqa: PLC0415

        lengths = {"seeds": jams, "bars": jam_bars, "long_bars": long_bars}
        options |= {"seed": seed}
        endure(folder, data, preset, (jam, options), lengths, at, workers, plot, as_json=as_json)
        return
    report = _measured(
        folder,
        data,
        train,
        preset,
        cache=user_folder() / "cache",
        settings={
            "n_excerpts": excerpts,
            "n_bars": bars,
            "seed": seed,
            "preset": jam,
            "options": options,
            "workers": workers,
        },
    )
    if plot is not None:
        from daw_bridge.pictures import charts  # noqa: PLC0415

        charts.boxes(report.tables, plot)
    if card:
        from daw_bridge.evaluation import card as writing  # noqa: PLC0415

        writing.write(folder, report, "daw-bridge " + shlex.join(sys.argv[1:]))
    if as_json:
        click.echo(json.dumps(report.plain(), indent=1))
        return
    from rich.console import Console  # noqa: PLC0415

    from daw_bridge.cli.evaluate_tables import tables  # noqa: PLC0415

    console = Console()
    for table in tables(report):
        console.print(table)


def _measured(
    folder: Path,
    data: Path,
    train: Path | None,
    preset: str | None,
    *,
    cache: Path,
    settings: dict[str, object],
) -> Report:
    from daw_bridge.config.training import load_training  # noqa: PLC0415
    from daw_bridge.evaluation.evaluate import Settings, evaluate  # noqa: PLC0415

    return evaluate(
        folder,
        [data],
        Settings(**settings),  # type: ignore[arg-type]
        training=[train] if train else [],
        preset=load_training(preset) if preset else None,
        cache=cache,
        tell=lambda what: click.echo(what, err=True),
    )
