"""`daw-bridge ports`: which MIDI systems and ports there are."""

from __future__ import annotations

import click


@click.command(epilog="Example: daw-bridge ports")
def ports() -> None:
    """List the MIDI ports of this machine.

    A name, or a part of it that fits only one, is what `daw-bridge jam --port` takes.
    """
    from daw_bridge.ports.backend import list_ports  # noqa: PLC0415

    found = list_ports()
    for direction, title in (("out", "to play into"), ("in", "to listen to")):
        names = [port for port in found if port.direction == direction]
        click.echo(f"{title}:" if names else f"{title}: none")
        for port in names:
            click.echo(f"  {port.name}  ({port.backend})")
    click.echo(
        "`daw-bridge jam` opens ports of its own where the system allows it (not on Windows)"
    )
