"""`daw-bridge listen`: a listener that learns to tell what a model plays from real music."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from daw_bridge.cli.options import without_extra
from daw_bridge.cli.types import NAMED, PATH, Parsed, Whole
from daw_bridge.files import folder_to_write
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from daw_bridge.registry import LISTENERS


@click.command(epilog="Example: daw-bridge listen lead data/songs --out my-listener")
@click.argument("model", type=NAMED["model"])
@click.argument("data", type=PATH)
@click.option("--out", type=PATH, required=True, help="The folder of the listener.")
@click.option("--kind", type=click.Choice(list(LISTENERS)), default="conv", show_default=True,
              help="What it is.")  # fmt: skip
@click.option(
    "--preset", type=NAMED["training"], help="Read and split DATA as this training preset does."
)
@click.option("--rounds", type=Whole(1), default=20, show_default=True, help="Turns.")
@click.option("--pieces", type=Whole(2), default=128, show_default=True, help="Drawn in each.")
@click.option("--bars", type=Whole(1, 256), default=8, show_default=True, help="Bars of a piece.")
@click.option("--key", type=Parsed("a key", Key.parse), default="C major", show_default=True,
              help="Of all music, where the model has one.")  # fmt: skip
@click.option("--seed", type=Whole(0), default=1, show_default=True,
              help="Same seed, same listener.")  # fmt: skip
@click.option("--threads", type=Whole(1), help="How many threads compute; all, if not given.")
@click.option("--fresh", is_flag=True, help="Begin again, and not where a run was interrupted.")
def listen(
    model: str, data: Path, out: Path, kind: str, preset: str | None, rounds: int, pieces: int,
    bars: int, key: Key, seed: int, threads: int | None, *, fresh: bool,
) -> None:  # fmt: skip
    """Train a listener to tell what MODEL draws from the music in DATA, a folder, a zip or a file.

    Real music and the model's go through the same codec, synth and tempo. Each turn is judged on
    pieces that were never learnt: AUC is 0.5 where nobody could tell. An interrupted run (Ctrl-C)
    goes on where it was when the same command is given again.
    """
    from daw_bridge.config.files import find, user_folder  # noqa: PLC0415
    from daw_bridge.config.training import load_training  # noqa: PLC0415
    from daw_bridge.corpora.excerpts import excerpts  # noqa: PLC0415
    from daw_bridge.evaluation.music import find as find_music  # noqa: PLC0415
    from daw_bridge.policies.card import read  # noqa: PLC0415
    from daw_bridge.policies.load import codec_of  # noqa: PLC0415

    folder = find("models", model)
    folder_to_write(out)
    codec = codec_of(read(folder))
    conditions = {"key": str(key)} if hasattr(codec, "key") else {}
    music = find_music(
        [data],
        codec,
        preset=load_training(preset) if preset else None,
        cache=user_folder() / "cache",
        tell=lambda what: click.echo(what, err=True),
    )
    meter, moved_to = Meter(), key if conditions else None
    real = excerpts(music.known, bars, meter, moved_to)
    held = excerpts(music.pieces, bars, meter, moved_to)
    click.echo(f"{len(real)} real pieces to learn, {len(held)} to judge by", err=True)
    try:
        from daw_bridge.training.make_listener import make_listener  # noqa: PLC0415
        from daw_bridge.training.train_listener import Settings  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise without_extra("torch, which a listener needs") from error
    try:
        found = make_listener(
            folder, real, held, out, Settings(kind, seed=seed, rounds=rounds),
            conditions=conditions, meter=meter, pieces_a_round=pieces, threads=threads,
            fresh=fresh, report=_said,
        )  # fmt: skip
    except KeyboardInterrupt:
        click.echo(f"interrupted; the same command goes on from {out}", err=True)
        sys.exit(130)
    figures = f"accuracy {found['accuracy']:.3f}, AUC {found['auc']:.3f}"
    click.echo(f"wrote {out}: {figures}, off by {found['calibration']:.3f}")


def _said(row: Mapping[str, float]) -> None:
    figures = (f"{name} {value:.3f}" for name, value in row.items() if name != "round")
    click.echo(f"round {row['round']:.0f}: {'  '.join(figures)}", err=True)
