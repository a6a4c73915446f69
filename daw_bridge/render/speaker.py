"""Sound out of this machine: the kit, played by pyo from a table that goes round and round.

pyo reads the table sample by sample, in the callback of JACK, PortAudio or CoreAudio. A thread here
mixes what comes next into it, a little ahead. So a note sounds on its sample, and what holds up
Python for some milliseconds is not heard.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from daw_bridge.errors import UserError
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import (
    SPEAKERS,
    OnInput,
    OnLost,
    OnPosition,
    PortInfo,
    PortSettings,
    PortSpec,
    SoundSettings,
)
from daw_bridge.ports.clock import Wake, frame_at, sleep_until
from daw_bridge.ports.jack_client import JackClock, open_client, server_runs
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.wishes import Pair
from daw_bridge.render.live import CHANNELS, LiveKit, LiveSettings

NAME = "DAW Bridge sound"

RATE, BLOCK = 48_000, 256
"""What is asked for; JACK has its own."""

TABLE_SIZE = 1 << 16
"""Samples of the table, over a second: more than is ever mixed ahead."""

AHEAD_S = 0.02
"""How far ahead is mixed, beyond the block that plays: what comes at once is later by as much."""

FADE_S = 0.5
"""In which all that still rings fades out at the end."""

SILENT_S = 2.0
"""After so long without a callback there is no audio system any more."""

STEADINESS = 0.02
"""How much of what a callback comes too early or too late the clock believes."""


class CountedClock:
    """The seconds of an audio device that tells no time: samples that it took, and since when.

    Callbacks come unevenly, so the time between them is the system's, drawn after them.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._next_frame = frame_at(Seconds(time.monotonic()), rate)
        self._began: tuple[int, float] = (self._next_frame, time.monotonic())

    def begin_cycle(self, length: int) -> int:
        """Return the first frame of the cycle that runs, of so many; in the callback only."""
        now_s = time.monotonic()
        frame, before_s = self._began
        expected_s = before_s + (self._next_frame - frame) / self._rate
        off_s = now_s - expected_s
        began_s = now_s if abs(off_s) > 0.1 else expected_s + STEADINESS * off_s
        self._began = (self._next_frame, began_s)
        self._next_frame += length
        return self._began[0]

    def now(self) -> Seconds:
        """Return the time."""
        frame, began_s = self._began
        return Seconds(frame / self._rate + time.monotonic() - began_s)

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        """Sleep until `deadline` or `wake`."""
        sleep_until(deadline, self.now(), wake)


class ServerClock(JackClock):
    """JACK's own time, so that sound and MIDI of one server are on the same frames."""

    def begin_cycle(self, length: int = 0) -> int:
        """Return the first frame of the cycle that runs."""
        del length
        return super().begin_cycle()


class LiveSound:
    """A backend whose ports are loudspeakers: what is sent is heard, and no message leaves."""

    def __init__(self, settings: PortSettings, sound: SoundSettings, on_lost: OnLost) -> None:
        self._pyo = _pyo()
        self.name, self._server = _booted(self._pyo, settings.backend)
        self.frame_rate = int(self._server.getSamplingRate())
        self._block = int(self._server.getBufferSize())
        self.clock = self._clock()
        self.names: Mapping[str, str] = {spec.role: SPEAKERS for spec in settings.outputs}
        self._kit = LiveKit(LiveSettings.model_validate_json(sound.kit), self.frame_rate)
        self._kit.prepare()
        self._on_lost = on_lost
        self._pending = Pending(self.frame_rate)
        self._cycle = (0, 0)
        self._read = 0
        self._missed = 0
        self._turned = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mixer", daemon=True)

    @staticmethod
    def system() -> str:
        """Name what plays."""
        return f"pyo {_pyo().PYO_VERSION}"

    @staticmethod
    def list_ports() -> list[PortInfo]:
        """List none: loudspeakers are no MIDI ports."""
        return []

    def start(self, pending: Pending, on_input: OnInput, on_position: OnPosition) -> None:
        """Begin to play what is pending; nothing comes in."""
        del on_input, on_position
        self._pending = pending
        tables = [self._pyo.DataTable(size=TABLE_SIZE) for _ in range(CHANNELS)]
        self._ring = [np.asarray(table.getBuffer()) for table in tables]
        # They play for as long as they are kept.
        self._players = [
            self._pyo.TableScan(table).out(channel) for channel, table in enumerate(tables)
        ]
        self._server.setCallback(self._turn)
        self._thread.start()
        self._server.start()

    def open_more(self, spec: PortSpec) -> None:
        """Have one more output that is heard."""
        self.names = {**self.names, spec.role: SPEAKERS}

    def instruments(self, kit: str, from_s: Seconds | None) -> None:
        """Make instruments ready, beside what sounds; play on them from a second on."""
        settings = LiveSettings.model_validate_json(kit)
        if from_s is not None:
            self._kit.change(frame_at(from_s, self.frame_rate), settings)
        threading.Thread(target=LiveKit(settings, self.frame_rate).prepare, daemon=True).start()

    def lead(self, position: Position) -> None:
        """Lead nobody."""

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Measure for nobody."""

    def stop(self) -> bool:
        """End every note, let what rings fade out, and close."""
        if self._thread.is_alive():
            self._closing.set()
            self._thread.join(FADE_S + SILENT_S)
        self._server.stop()
        return True

    def xruns(self) -> int:
        """Count the blocks that were not mixed in time."""
        return self._missed

    def connections(self) -> tuple[Pair, ...]:
        """List none: what plays them is the system's."""
        return ()

    def news(self) -> list[str]:
        """Return nothing."""
        return []

    def _clock(self) -> CountedClock | ServerClock:
        if self.name == "jack":
            try:
                return ServerClock(open_client(f"{NAME} clock"))
            except UserError:  # pyo brings a JACK library of its own
                pass
        return CountedClock(self.frame_rate)

    def _turn(self) -> None:
        """Begin a cycle; in the audio callback."""
        self._cycle = (self._read, self.clock.begin_cycle(self._block))
        self._read += self._block
        self._turned.set()

    def _run(self) -> None:
        """Mix ahead of what is read, for as long as it is read; tell what keeps it from that."""
        why = f"{self.name} takes no sound any more"
        try:
            self._mix_ahead()
        except Exception:  # noqa: BLE001 -- nobody else would hear of it
            why = traceback.format_exc()
        if not self._closing.is_set():
            self._on_lost(why)

    def _mix_ahead(self) -> None:
        head = before = 0
        ahead = max(round(AHEAD_S * self.frame_rate), 2 * self._block)
        faded: int | None = None
        while self._turned.wait(SILENT_S):
            self._turned.clear()
            read, frame = self._cycle
            if faded is not None and read >= faded:
                return
            self._clear(before, read)
            before = read
            if head < read + self._block:
                self._missed += head > 0
                head = read + self._block
            end = read + self._block + ahead
            if end <= head:
                continue
            if faded is None and self._closing.is_set():
                faded = head + round(FADE_S * self.frame_rate)
            self._mix(frame - read, head, end, faded)
            head = end

    def _clear(self, head: int, end: int) -> None:
        """Empty what has been read: where nothing new comes in time, nothing old comes again."""
        for ring in self._ring:
            ring[np.arange(head, end) % TABLE_SIZE] = 0

    def _mix(self, shift: int, head: int, end: int, faded: int | None) -> None:
        """Mix the samples head..end-1 of the table; `shift` more is their frame."""
        first, last = head + shift, end + shift
        for offset, message in self._pending.drain(first, end - head) if faded is None else ():
            self._kit.play(first + offset, message)
        block = self._kit.mix(first, last)
        if faded is not None:
            left = np.arange(faded - head, faded - end, -1, dtype=np.float32)
            block *= np.clip(left / (FADE_S * self.frame_rate), 0, 1)
        places = np.arange(head, end) % TABLE_SIZE
        for channel, ring in zip(block, self._ring, strict=True):
            ring[places] = channel


def _pyo() -> Any:
    """Import pyo.

    Raises:
        UserError: it is not installed, or what it needs is not there.
    """
    try:
        import pyo  # noqa: PLC0415  it takes a second, and only this process needs it
    except (ImportError, OSError) as error:
        raise UserError(
            "pyo, which plays sound", f"none ({error})", "pip install 'daw-bridge[sound]'"
        ) from error
    return pyo


def _systems(pyo: Any) -> Iterator[str]:
    """List the audio systems that are there, as far as that can be known without opening them.

    PortAudio without a device ends the process where pyo opens it.
    """
    if pyo.withJack() and server_runs():
        yield "jack"
    if pyo.withPortaudio() and pyo.pa_count_devices() > 0:
        yield "portaudio"
    if pyo.withCoreaudio():
        yield "coreaudio"


def _booted(pyo: Any, wanted: str) -> tuple[str, Any]:
    """Open the audio system that is wanted, or the first that opens: its name, and pyo's server.

    Raises:
        UserError: there is none.
    """
    there = list(_systems(pyo))
    for name in there:
        if wanted in ("auto", name):
            server = pyo.Server(
                sr=RATE, nchnls=CHANNELS, buffersize=BLOCK, duplex=0, audio=name, jackname=NAME
            )
            server.setVerbosity(1)
            server.boot()
            if server.getIsBooted():
                return name, server
    expected = "an audio device" if wanted == "auto" else f"the audio system {wanted}"
    raise UserError(
        expected,
        f"none that opens (there is {', '.join(there) or 'neither JACK nor a sound card'})",
        "start JACK, or look at the system's sound settings; or jam without --sound",
    )
