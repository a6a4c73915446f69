"""`daw-bridge replay`: a session again, from its log and without a device."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.errors import UserError
from daw_bridge.files import file_to_write

if TYPE_CHECKING:
    from daw_bridge.daemon.replay import Replayed


@click.command(epilog="Example: daw-bridge replay session.jsonl --out take.mid")
@click.argument("log", type=PATH)
@click.option(
    "--out", metavar="FILE.mid", type=PATH, required=True, help="What was heard, as MIDI."
)
@click.option(
    "--model", type=NAMED["model"], help="The name or folder of its model, if that has changed."
)
@click.option("--force", is_flag=True, help="Overwrite the file of --out if it is there.")
def replay(log: Path, out: Path, model: str | None, *, force: bool) -> None:
    """Play the session of LOG again, which `jam --log` wrote, as fast as it goes.

    Whatever drove it is in there, so that the file has the bytes of `jam --record`. A log that was
    cut off is played as far as it goes.
    """
    file_to_write(out)
    if out.exists() and not force:
        raise UserError("a new file", f"one that is there, {out}", "name another, or add --force")
    from daw_bridge.daemon.replay import replay as replayed  # noqa: PLC0415

    click.echo(_summary(replayed(log, out, model=model)))


def _summary(done: Replayed) -> str:
    report = done.report
    why = report.why
    if done.cut_off_s is not None:
        why = f"the log was cut off after {done.cut_off_s:.1f} s"
    bars = "1 bar" if report.bars == 1 else f"{report.bars} bars"
    wrote = f"wrote {done.take}" if done.take is not None else "nothing was heard"
    return f"{why}: {bars} ({report.late_bars} late); {wrote}"
