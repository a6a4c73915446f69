"""What a JACK server says of itself, and of the connections of our own ports."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.ports.backend import PortSettings

try:
    import jack
except (ImportError, OSError):  # no such package, or no libjack for it
    jack = None


@dataclass(frozen=True, slots=True)
class JackServer:
    """A running server: frames a second and a period, whether it is real-time, and our loops.

    `loops` are connections of an output of ours to an input of the same client: what we play would
    come back to us as if it were the DAW's.
    """

    rate: int
    period: int
    realtime: bool
    loops: tuple[tuple[str, str], ...]


def jack_server(ours: str = PortSettings().client) -> JackServer | None:
    """Ask the server that runs; None where there is none."""
    if jack is None:
        return None
    try:
        client = jack.Client("daw-bridge-doctor", no_start_server=True)
    except jack.JackOpenError:
        return None
    try:
        loops = tuple(
            (port.name, other.name)
            for port in client.get_ports(f"^{ours}", is_midi=True, is_output=True)
            for other in client.get_all_connections(port)
            if other.name.partition(":")[0] == port.name.partition(":")[0]
        )
        return JackServer(client.samplerate, client.blocksize, bool(client.realtime), loops)
    finally:
        client.close()
