"""As much of JACK as the backend uses, with the callbacks in the test's hands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from daw_bridge.ports import jack_callback, jack_client

RATE, PERIOD = 48_000, 128


class Port:
    """A JACK output that remembers each cycle."""

    def __init__(self, name: str, client: str = "fake", *, is_output: bool = False) -> None:
        self.is_output = is_output
        self.shortname, self.name = name, f"{client}:{name}"
        self.connections: list[Any] = []
        self.cycle: list[bytes] = []
        self.came: list[tuple[int, bytes]] = []

    def incoming_midi_events(self) -> list[tuple[int, bytes]]:
        return self.came

    def clear_buffer(self) -> None:
        self.cycle = []

    def write_midi_event(self, _time: int, event: bytes) -> None:
        self.cycle.append(event)


class Client:
    """A JACK client; `others` are the ports of others, and `refusal` is what connecting raises.

    `audio` are their ports of audio.

    When the server `ends`, our own ports are not listed any more.
    """

    def __init__(self) -> None:
        self.samplerate, self.blocksize, self.name = RATE, PERIOD, "fake"
        self.frame_time = self.last_frame_time = 0
        self.midi_outports = self.midi_inports = SimpleNamespace(register=self._register)
        self.ports: dict[str, Port] = {}
        self.others: list[Port] = []
        self.audio: list[Port] = []
        self.closed = False
        self.ends = self.listing_fails = False
        self.asked: list[tuple[str, str]] = []
        self.cut: list[tuple[str, str]] = []
        self.refusal: Exception | None = None

    def _register(self, name: str) -> Port:
        return self.ports.setdefault(name, Port(name))

    def get_ports(
        self,
        *,
        is_midi: bool,
        is_audio: bool = False,
        is_input: bool = False,
        is_output: bool = False,
    ) -> list[Port]:
        assert is_midi != is_audio
        if self.listing_fails:
            raise jack_client.JackError("a port went meanwhile")
        if is_audio:
            return self.audio
        ports = [*(() if self.ends else self.ports.values()), *self.others]
        if is_input == is_output:
            return ports
        return [port for port in ports if port.is_output == is_output]

    def set_process_callback(self, callback: Any) -> None:
        self.process = callback

    def set_xrun_callback(self, callback: Any) -> None:
        self.xrun = callback

    def set_shutdown_callback(self, callback: Any) -> None:
        self.shutdown = callback

    def set_port_connect_callback(self, callback: Any) -> None:
        self.note_connection = callback

    def set_port_registration_callback(self, callback: Any) -> None:
        self.note_port = callback

    def disconnect(self, source: str, other: str) -> None:
        self.cut.append((source, other))

    def connect(self, source: str, other: str) -> None:
        self.asked.append((source, other))
        if self.refusal is not None:
            raise self.refusal

    def activate(self) -> None:
        for _ in range(jack_callback.CYCLES_TO_LEAVE + 1):
            self.cycle()

    def deactivate(self) -> None:
        self.closed = True

    def close(self) -> None:
        self.closed = True

    def cycle(self) -> list[bytes]:
        self.process(PERIOD)
        self.last_frame_time += PERIOD
        return self.ports["notes"].cycle
