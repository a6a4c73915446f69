"""Which MIDI systems there are, and ports opened: here for virtual time, elsewhere for real."""

from __future__ import annotations

from daw_bridge.errors import UserError
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import (
    Backend,
    OnInput,
    OnLost,
    OnPosition,
    PortInfo,
    PortSettings,
)
from daw_bridge.ports.offline import LocalPorts
from daw_bridge.registry import BACKENDS, LOUDSPEAKERS

VIRTUAL = "offline"
"""The backend without a device, which is only taken when it is asked for."""


def open_ports(
    settings: PortSettings, on_input: OnInput, on_lost: OnLost, on_position: OnPosition
) -> Ports:
    """Open the ports: of virtual time in this process, all others in one of their own.

    `on_input`, `on_lost` (with the reason) and `on_position` are called on a thread of the ports:
    be brief there.

    Raises:
        UserError: there is no such MIDI system or port.
    """
    if settings.backend == VIRTUAL:
        return LocalPorts(open_backend(settings, on_lost), on_input, on_position, settings)
    from daw_bridge.ports.process import PortProcess  # noqa: PLC0415  the port process needs none

    if settings.sound is not None:
        from daw_bridge.ports.heard import open_heard  # noqa: PLC0415

        return open_heard(settings, settings.sound, on_input, on_lost, on_position)
    return PortProcess(settings, on_input, on_lost, on_position)


def open_backend(settings: PortSettings, on_lost: OnLost) -> Backend:
    """Open the ports that `settings` asks for, in this process; loudspeakers, where it has a kit.

    Raises:
        UserError: there is no such MIDI system, or no such port.
    """
    if settings.sound is not None:
        speakers: Backend = LOUDSPEAKERS["pyo"](settings, settings.sound, on_lost)
        return speakers
    auto = settings.backend == "auto"
    backend = first_system() if auto else BACKENDS.find(settings.backend)
    return backend(settings, on_lost)


def systems() -> dict[str, type[Backend]]:
    """Return the backends of MIDI systems by name, the preferred one first."""
    return {name: BACKENDS[name] for name in BACKENDS if name != VIRTUAL}


def first_system() -> type[Backend]:
    """Return the backend of the first MIDI system that answers on this machine: "auto".

    Raises:
        UserError: none does.
    """
    for backend in systems().values():
        try:
            backend.system()
        except UserError as error:
            missing = error
        else:
            return backend
    raise missing


def list_ports() -> list[PortInfo]:
    """List the MIDI ports of this machine that we can write to or read from, ours excepted."""
    try:
        return first_system().list_ports()
    except UserError:
        return []
