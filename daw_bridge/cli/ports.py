"""`daw-bridge ports`: which MIDI systems and ports there are."""

from __future__ import annotations

import click

from daw_bridge.errors import UserError


@click.command(epilog="Example: daw-bridge ports")
def ports() -> None:
    """List the MIDI systems of this machine, and their ports.

    A port's name, or a part of it that fits only one, is what `daw-bridge jam --port` takes.
    """
    from daw_bridge.ports.backend import jack_runs, list_ports  # noqa: PLC0415

    click.echo(f"JACK: {'a server runs' if jack_runs() else 'no server'}")
    click.echo(f"rtmidi: {_rtmidi()}")
    found = list_ports()
    for direction, title in (("out", "ports to play into"), ("in", "ports to listen to")):
        names = [port for port in found if port.direction == direction]
        click.echo(f"{title}:" if names else f"{title}: none")
        for port in names:
            click.echo(f"  {port.name}  ({port.backend})")
    click.echo(
        "`daw-bridge jam` opens ports of its own where the system allows it (not on Windows)"
    )


def _rtmidi() -> str:
    """Name the MIDI system that rtmidi works with, or say what is missing."""
    from daw_bridge.ports.rtmidi_thread import working_api  # noqa: PLC0415

    try:
        api = working_api()
    except UserError as error:
        return str(error)
    import rtmidi  # noqa: PLC0415

    return str(rtmidi.get_api_display_name(api))
