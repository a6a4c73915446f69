"""`daw-bridge reaper install`: our scripts in REAPER."""

from __future__ import annotations

from pathlib import Path

import click

from daw_bridge.cli.types import NAMED, PATH


@click.group(epilog="Example: daw-bridge reaper install")
def reaper() -> None:
    """Put scripts into REAPER: tracks, primers, the last bars, bars filled, a panel."""


@reaper.command(epilog="Example: daw-bridge reaper install --model chip")
@click.option("--folder", type=PATH, help="REAPER's resource folder, where it is not found.")
@click.option(
    "--model",
    type=NAMED["model"],
    default="chip",
    show_default=True,
    help="Whose voices have tracks, and who fills bars.",
)
@click.option("--uninstall", is_flag=True, help="Take away what was installed.")
@click.option("--force", is_flag=True, help="Overwrite, or take away, what you have changed.")
def install(folder: Path | None, model: str, *, uninstall: bool, force: bool) -> None:
    """Copy the scripts and effects into REAPER's folder; what you have changed there is kept.

    In REAPER: Actions, Show action list, New action, Load ReaScript, folder Scripts/DAW Bridge.
    """
    from daw_bridge.config.files import find  # noqa: PLC0415
    from daw_bridge.daemon import reaper as scripts  # noqa: PLC0415
    from daw_bridge.policies.card import read  # noqa: PLC0415

    place = scripts.resource_folder(folder)
    if uninstall:
        done, left = scripts.uninstall(place, force=force)
        word = "took away"
    else:
        settings = scripts.settings_of(read(find("models", model)), model)
        done, left = scripts.install(place, settings, force=force)
        word = "wrote"
    for path in left:
        click.echo(f"left as you have changed it: {path} (--force)", err=True)
    click.echo(f"{word} {len(done)} file(s) in {place}")
