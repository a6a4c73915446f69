"""`daw-bridge show`: a jam preset as it takes effect."""

from __future__ import annotations

import click

from daw_bridge.cli.types import NAMED


@click.command(epilog="Example: daw-bridge show groove")
@click.argument("preset", type=NAMED["jam"])
def show(preset: str) -> None:
    """Print jam PRESET (a name or a file) with all its defaults, as YAML.

    What is printed is a preset again: save it to change it.
    """
    import yaml  # noqa: PLC0415

    from daw_bridge.config.jam import load_jam  # noqa: PLC0415
    from daw_bridge.daemon.settings import settled  # noqa: PLC0415

    file, _, _ = settled(load_jam(preset), {})
    click.echo(yaml.safe_dump(file.model_dump(mode="json"), sort_keys=False, width=100), nl=False)
