"""`daw-bridge models`: which models there are."""

from __future__ import annotations

import click


@click.command(epilog="Example: daw-bridge models")
def models() -> None:
    """List the models that are shipped and those in your own folder, and what each plays."""
    from daw_bridge.config.files import find, names, user_folder  # noqa: PLC0415
    from daw_bridge.errors import UserError  # noqa: PLC0415
    from daw_bridge.policies.card import read  # noqa: PLC0415

    found = names("models")
    wide = max(map(len, found), default=0)
    for name in found:
        try:
            facts = read(find("models", name)).facts
        except UserError as error:
            click.echo(f"{name:{wide}}  not in order: {str(error).splitlines()[0]}")
            continue
        summary = facts.get("title") or f"codec {facts['codec']['name']}"
        click.echo(f"{name:{wide}}  {summary}")
    if not found:
        click.echo("there are no models")
    click.echo(f"your own go to {user_folder() / 'models'}")
