"""`daw-bridge kept`: the bars that were kept or rejected while jams played."""

from __future__ import annotations

from pathlib import Path

import click

from daw_bridge.cli.types import PATH
from daw_bridge.errors import UserError


@click.group(epilog="Examples: daw-bridge kept list\n\ndaw-bridge kept export kept.mid")
def kept() -> None:
    """See and take out the bars that you kept or rejected while a jam played.

    They are stored as they are judged (`daw-bridge ctl keep`, `reject`), with what was before them,
    and with the model, the settings and the seed that made them.
    """


@kept.command("list", epilog="Example: daw-bridge kept list")
def list_jams() -> None:
    """List the jams in which bars were judged, the oldest first, and how many."""
    from daw_bridge.daemon.kept import jams, kept_path, read  # noqa: PLC0415

    found = jams(read())
    for number, (jam, bars) in enumerate(found, 1):
        n_kept = sum(each.kept for each in bars)
        models = ", ".join(dict.fromkeys(each.model for each in bars))
        click.echo(
            f"{number:3}  {jam.rpartition(' ')[0]}  {models}: {n_kept} kept, "
            f"{len(bars) - n_kept} rejected"
        )
    click.echo(f"{kept_path()}" if found else f"no bar was kept yet; they go to {kept_path()}")


@kept.command(epilog="Example: daw-bridge kept export kept.mid --jam 3")
@click.argument("out", type=PATH)
@click.option("--jam", type=click.IntRange(1), help="A jam of the list; else the last one.")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def export(out: Path, jam: int | None, *, force: bool) -> None:
    """Write the bars of a jam to a MIDI file: a track each for played, generated, rejected."""
    from daw_bridge.daemon.kept import jams, read, write_tracks  # noqa: PLC0415
    from daw_bridge.files import file_to_write  # noqa: PLC0415

    found = jams(read())
    if not found:
        raise UserError("a bar that was kept", "none", "keep one with `daw-bridge ctl keep`")
    if jam is not None and jam > len(found):
        raise UserError(f"a jam from 1 to {len(found)}", str(jam), "see `daw-bridge kept list`")
    file_to_write(out)
    if out.exists() and not force:
        raise UserError("a new file", f"one that is there, {out}", "name another, or add --force")
    _, bars = found[-1 if jam is None else jam - 1]
    write_tracks(bars, out)
    click.echo(f"wrote {out}: {len(bars)} bars")
