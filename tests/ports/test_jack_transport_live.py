"""JACK transport on a server: followed to the frame, and led, as another client sees it."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator

import pytest

from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.jack_transport import ROLLING, bars_of
from daw_bridge.ports.process import PortProcess
from tests.ports.receiver import LIMIT_S

jack = pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

Told = queue.Queue[Position]


class Other:
    """Another client, which moves the transport and sees each cycle of it.

    `origins` are where frame 0 of the transport lies in the frames of the server, one for each run.
    """

    def __init__(self) -> None:
        self.client = jack.Client(f"other-{os.getpid()}", no_start_server=True)
        self.client.set_process_callback(self._look)
        self.origins: queue.Queue[int] = queue.Queue()
        self.bars: queue.Queue[object] = queue.Queue()
        self._origin: int | None = None
        self.client.activate()

    def _look(self, _length: int) -> None:
        state, told = self.client.transport_query_struct()
        origin = self.client.last_frame_time - told.frame if state == ROLLING else None
        if origin is not None and origin != self._origin:
            self.origins.put(origin)
        self._origin = origin
        if state == ROLLING and (bars := bars_of(told)) is not None:
            self.bars.put(bars)

    def tell_bars(self, tempo_qpm: float, meter: Meter) -> None:
        """Be the timebase master."""

        def tell(_state: int, _length: int, told: object, _new: bool) -> None:
            told.valid = 16  # type: ignore[attr-defined]
            told.bar = told.beat = told.ticks_per_beat = 1  # type: ignore[attr-defined]
            told.tick = 0  # type: ignore[attr-defined]
            told.beats_per_minute = tempo_qpm  # type: ignore[attr-defined]
            told.beats_per_bar, told.beat_type = meter.numerator, meter.denominator  # type: ignore[attr-defined]

        assert self.client.set_timebase_callback(tell)


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    yield other
    other.client.transport_stop()
    other.client.transport_frame = 0
    other.client.deactivate()
    other.client.close()


@pytest.fixture
def told() -> Told:
    return queue.Queue()


@pytest.fixture
def open_ports(told: Told) -> Iterator[Callable[..., PortProcess]]:
    opened = []

    def open_ports(*, master: bool = False) -> PortProcess:
        settings = PortSettings(
            "jack",
            client=f"transport-{os.getpid()}",
            sources=("jack",),
            tempo_qpm=90.0,
            transport_master=master,
        )
        ports = PortProcess(
            settings, lambda *_event: None, print, lambda _source, position: told.put(position)
        )
        opened.append(ports)
        return ports

    yield open_ports
    for each in opened:
        each.close()


def until(told: Told, holds: Callable[[Position], bool]) -> Position:
    """Wait until a position is told for which something holds."""
    while not holds(position := told.get(timeout=LIMIT_S)):
        pass
    return position


def origin(position: Position, rate: int) -> float:
    """Say in which frame of the server the song of a position began."""
    return position.time_s * rate - position.tick * rate * 60 / position.tempo_qpm / 480


def test_it_is_followed_to_the_frame_through_start_locate_and_stop(
    other: Other, open_ports: Callable[..., PortProcess], told: Told
) -> None:
    ports = open_ports()
    rate = ports.frame_rate or 0
    assert not until(told, lambda _: True).rolling
    other.client.transport_start()
    rolling = until(told, lambda p: p.rolling)
    assert origin(rolling, rate) == pytest.approx(other.origins.get(timeout=LIMIT_S), abs=0.01)
    assert (rolling.tempo_qpm, rolling.meter) == (90.0, None)
    other.client.transport_frame = 480_000
    located = until(told, lambda p: p.rolling and p.tick >= 480_000 * 90 * 8 / rate)
    assert origin(located, rate) == pytest.approx(other.origins.get(timeout=LIMIT_S), abs=0.01)
    other.client.transport_stop()
    assert until(told, lambda p: not p.rolling and p.tick > 7200)


def test_a_timebase_masters_tempo_and_meter_are_told(
    other: Other, open_ports: Callable[..., PortProcess], told: Told
) -> None:
    open_ports()
    other.tell_bars(150.0, Meter(7, 8))
    other.client.transport_start()
    position = until(told, lambda p: p.rolling)
    assert (position.tempo_qpm, position.meter) == (150.0, Meter(7, 8))


def test_it_is_led_to_the_frame_and_told_its_bars(
    other: Other, open_ports: Callable[..., PortProcess], told: Told
) -> None:
    ports = open_ports(master=True)
    rate = ports.frame_rate or 0
    until(told, lambda _: True)
    start_s = Seconds(round((ports.clock.now() + 0.5) * rate) / rate)
    to = Position(start_s, Ticks(1440), 120.0, rolling=True)
    ports.measure(Meter(3, 4), Ticks(0))
    ports.lead(to)
    there = until(told, lambda p: p.rolling and p.tempo_qpm == 120)
    assert origin(there, rate) == pytest.approx(origin(to, rate), abs=0.01)
    assert other.origins.get(timeout=LIMIT_S) == pytest.approx(origin(to, rate), abs=0.51)
    bars = other.bars.get(timeout=LIMIT_S)
    assert (bars.bar, bars.tempo_qpm, bars.meter) == (2, 120.0, Meter(3, 4))  # type: ignore[attr-defined]
    ports.lead(Position(ports.clock.now(), Ticks(0), 120.0, rolling=False))
    assert until(told, lambda p: not p.rolling and p.tick == 0)


def test_a_timebase_master_that_is_there_stays_it(
    other: Other, open_ports: Callable[..., PortProcess], told: Told
) -> None:
    other.tell_bars(150.0, Meter(7, 8))
    ports = open_ports(master=True)
    until(told, lambda _: True)
    ports.lead(Position(ports.clock.now(), Ticks(0), 90.0, rolling=True))
    assert until(told, lambda p: p.rolling).tempo_qpm == 150.0
