"""`daw-bridge infill`: bars between given ones."""

from __future__ import annotations

import re
from pathlib import Path

import click

from daw_bridge.cli.batch import refuse_to_overwrite
from daw_bridge.cli.types import NAMED, PATH, Real, Whole
from daw_bridge.config.bounds import Bounds
from daw_bridge.errors import UserError
from daw_bridge.files import file_to_write


@click.command(epilog="Example: daw-bridge infill tune.mid --bars 5-6 --out new.mid")
@click.argument("midi", metavar="FILE", type=PATH)
@click.option("--bars", required=True, help="Which bars, such as 5 or 5-6; the first one is 1.")
@click.option(
    "--model",
    type=NAMED["model"],
    help="Who plays them; who made the file, or has its channels, if not given.",
)
@click.option("--voice", help="Make this voice alone anew, as the model calls it.")
@click.option("--out", type=PATH, help="The file to write; FILE-infill.mid, if not given.")
@click.option(
    "--candidates",
    type=Whole(1, 1024),
    default=16,
    show_default=True,
    help="How many are drawn and weighed.",
)
@click.option(
    "--temperature",
    type=Real("a temperature", Bounds(gt=0, le=5)),
    default=1.0,
    show_default=True,
    help="How bold they are.",
)
@click.option("--seed", type=Whole(0, 2**63 - 1), default=0, show_default=True, help="Of chance.")
@click.option("--sampled", is_flag=True, help="Draw one by its weight, and not the best.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def infill(
    midi: Path,
    bars: str,
    model: str | None,
    voice: str | None,
    out: Path | None,
    candidates: int,
    temperature: float,
    seed: int,
    *,
    sampled: bool,
    force: bool,
) -> None:
    """Make bars of FILE anew, so that they suit what stands before and what follows.

    All else of the file stays as it is. Many candidates take longer and suit better.
    """
    from daw_bridge.config.files import find  # noqa: PLC0415
    from daw_bridge.daemon import infill as work  # noqa: PLC0415
    from daw_bridge.daemon.suited import model_for  # noqa: PLC0415
    from daw_bridge.policies.load import load  # noqa: PLC0415

    first, end = _range(bars)
    path = midi.with_name(f"{midi.stem}-infill.mid") if out is None else out
    refuse_to_overwrite([file_to_write(path)], force=force)
    wish = work.Wish(first, end, voice, candidates, temperature, seed, not sampled)
    name = model_for(midi) if model is None else model
    work.infill(load(find("models", name)), midi, wish, path)
    click.echo(f"wrote {path}, with {Path(name).name}")


def _range(text: str) -> tuple[int, int]:
    """Read bars as people count them: "5" or "5-6"; give the first from 0, and the end."""
    found = re.fullmatch(r"\s*([1-9]\d{0,5})(?:\s*-\s*([1-9]\d{0,5}))?\s*", text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise UserError("bars such as 5 or 5-6", repr(text), "count from 1")
    return int(found[1]) - 1, int(found[2] or found[1])
