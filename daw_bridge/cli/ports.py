"""`daw-bridge ports`: which MIDI systems and ports there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from daw_bridge.errors import UserError
from daw_bridge.registry import BACKENDS

if TYPE_CHECKING:
    from daw_bridge.ports.backend import Backend


@click.command(epilog="Example: daw-bridge ports")
def ports() -> None:
    """List the MIDI systems of this machine, and their ports.

    A port's name, or a part of it that fits only one, is what `daw-bridge jam --port` takes.
    """
    from daw_bridge.ports.open import list_ports, systems  # noqa: PLC0415

    for name, backend in systems().items():
        click.echo(f"{BACKENDS.words()[name]}: {_system(backend)}")
    found = list_ports()
    for direction, title in (("out", "ports to play into"), ("in", "ports to listen to")):
        names = [port for port in found if port.direction == direction]
        click.echo(f"{title}:" if names else f"{title}: none")
        for port in names:
            click.echo(f"  {port.name}  ({port.backend})")
    click.echo(
        "`daw-bridge jam` opens ports of its own where the system allows it (not on Windows)"
    )


def _system(backend: type[Backend]) -> str:
    """Return what a backend works with here, or what is missing."""
    try:
        return backend.system()
    except UserError as error:
        return error.found
