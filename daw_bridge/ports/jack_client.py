"""A client of a JACK server, with the server's clock, and the ports that others have there."""

from __future__ import annotations

from typing import Any

from daw_bridge.errors import UserError
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import no_jack
from daw_bridge.ports.clock import seconds_at, sleep_until, unwrap

try:
    import jack
except (ImportError, OSError) as missing:  # no such package, or no libjack for it
    jack = None
    JackError: type[Exception] = OSError
    _why = f"JACK cannot be loaded: {missing}"
else:
    JackError = jack.JackError
    _why = "no JACK server answers"
    jack.set_error_function(lambda _text: None)  # it would print into the user's terminal
    jack.set_info_function(lambda _text: None)


class JackClock:
    """The server's frames as seconds, unwrapped from JACK's 32-bit counter.

    `start` is the first frame of the current cycle; the callback alone sets it, anyone reads it.
    After a stall JACK's estimate of the time is off by as much, over a second, and needs seconds to
    find back; but what is sent leaves in the cycle that runs, and no time is far from that.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.rate = int(client.samplerate)
        self.start = int(client.frame_time)

    def begin_cycle(self) -> int:
        """Return the first frame of the cycle that runs; in the callback only."""
        self.start = unwrap(self._client.last_frame_time, self.start)
        return self.start

    def now(self) -> Seconds:
        """Return the time, as JACK estimates it, but within the cycle that runs or the next."""
        start = self.start
        estimate = unwrap(self._client.frame_time, start)
        last = start + 2 * int(self._client.blocksize)
        return seconds_at(min(max(start, estimate), last), self.rate)

    def wait_until(self, deadline: Seconds, wake: Any) -> None:
        """Sleep until `deadline` or `wake`."""
        sleep_until(deadline, self.now(), wake)


def open_client(name: str) -> Any:
    """Open a client, under that name or a numbered one.

    Raises:
        UserError: no server answers.
    """
    if jack is None:
        raise no_jack(f"none ({_why})")
    try:
        return jack.Client(name, no_start_server=True)
    except jack.JackOpenError as error:
        raise no_jack(f"none ({_why})") from error


def server_runs() -> bool:
    """Whether a JACK server answers."""
    try:
        open_client("daw-bridge-probe").close()
    except UserError:
        return False
    return True


def port_names(client: Any, *, midi: bool = True, **direction: bool) -> list[str]:
    """List the MIDI ports of the others, or their others; `is_input=True` where we can write to.

    Raises:
        UserError: a port has gone while they were listed.
    """
    ours = f"{client.name}:"
    try:
        ports = client.get_ports(is_midi=midi, is_audio=not midi, **direction)
    except JackError as error:
        raise UserError("ports that stay while they are listed", str(error), "try again") from error
    return [port.name for port in ports if not port.name.startswith(ours)]
