"""`daw-bridge generate`: MIDI files from a model, without a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daw_bridge.cli.options import given, option_of, options_of
from daw_bridge.cli.types import NAMED, PATH, Whole
from daw_bridge.config.jam import LIVE, JamFile
from daw_bridge.files import folder_to_write


@click.command(
    epilog="Example: daw-bridge generate groove-drums --bars 8 --count 10 --seed 7 --out takes"
)
@click.argument("model", type=NAMED["model"])
@click.option("--count", type=Whole(1), default=1, show_default=True, help="How many files.")
@click.option(
    "--out",
    type=PATH,
    default=Path(),
    help="The folder to write to; here, where it is not given.",
)
@click.option(
    "--drum-map", type=NAMED["map"], help="The kit: see `daw-bridge drums maps`; gm, if not given."
)
@option_of(JamFile, "bars", default=8)
@options_of(JamFile, without={"model", "bars", "backend", *LIVE}, defaults=True)
def generate(
    model: str,
    count: int,
    out: Path,
    drum_map: str | None,
    bars: int,
    **options: Any,
) -> None:
    """Write COUNT MIDI files from MODEL, and manifest.jsonl.

    The second file has the next seed, and so on; with --best-of, the next that was not drawn. The
    same model, settings and seed write the same
    bytes.
    """
    from daw_bridge.cli.progress import BarsShown  # noqa: PLC0415
    from daw_bridge.daemon.settings import need_bars, ready  # noqa: PLC0415
    from daw_bridge.daemon.takes import write_takes  # noqa: PLC0415

    folder_to_write(out)
    preset = JamFile(model=model, bars=bars, ending=False)
    jam = ready(preset, given(options), drum_map=drum_map)
    for remark in jam.remarks:
        click.echo(remark, err=True)
    with BarsShown(need_bars(jam) * count * jam.file.best_of) as shown:
        paths = write_takes(jam, count, out, shown)
    click.echo(f"wrote {len(paths)} MIDI file(s) and manifest.jsonl to {out}")
