"""A jam that a scripted player plays to, in virtual time: what was heard of it, and all events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon.performance import LEAD_S, Performance
from daw_bridge.daemon.settings import Ready, jam_of, ready, source_of
from daw_bridge.jam.bars import BarSource, InlineFeed
from daw_bridge.jam.commands import Command, Heard, Inbox
from daw_bridge.jam.events import Event
from daw_bridge.jam.primer import harmony_of
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Seconds, Ticks, Transport
from daw_bridge.ports.clock import VirtualClock, frame_at, seconds_at
from tests.fakes import RecordingPorts

RATE = 48_000

Played = tuple[Ticks, bytes]


class Player(VirtualClock):
    """A clock that stops where something is played, and puts it into an inbox then."""

    def __init__(self, script: Iterable[tuple[Seconds, Heard | Command]], inbox: Inbox) -> None:
        super().__init__()
        self._script = sorted(script, key=lambda each: each[0])
        self._inbox = inbox

    def wait_until(self, deadline: Seconds, wake: Any) -> None:
        due = self._script[0][0] if self._script else deadline
        super().wait_until(min(deadline, max(due, self.now())), wake)
        while self._script and self._script[0][0] <= self.now():
            self._inbox.put(self._script.pop(0)[1])


def of_bars(bars: Sequence[Bar], first: int = 0, channel: int | None = None) -> Iterator[Played]:
    """Give the messages of bars that are played from bar `first` on, in 4/4."""
    for number, bar in enumerate(bars, first):
        line = number * bar.meter.bar_length()
        for note in bar.notes:
            on = note.voice if channel is None else channel
            yield Ticks(line + note.start), note_on(on, note.pitch, note.velocity)
            yield Ticks(line + note.start + note.duration), note_off(on, note.pitch)


def jam_with(
    preset: str,
    played: Iterable[Played],
    *,
    commands: Iterable[tuple[Ticks, Command]] = (),
    **options: Any,
) -> list[Event]:
    """Play a jam preset to its end, with a player; return all that happened."""
    settled = ready(load_jam(preset), {"backend": "offline", **options})
    return play(settled, source_of(settled), played, commands)


def play(
    settled: Ready,
    source: BarSource,
    played: Iterable[Played],
    commands: Iterable[tuple[Ticks, Command]] = (),
) -> list[Event]:
    """Play a jam of these bars to its end, with a player; return all that happened."""
    jam = jam_of(settled)
    begins_s = seconds_at(frame_at(Seconds(LEAD_S), RATE), RATE)
    transport = Transport(jam.tempo_qpm, origin_s=begins_s)
    inbox, ports = Inbox(), RecordingPorts([spec.role for spec in jam.ports.outputs])
    script: list[tuple[Seconds, Heard | Command]] = []
    for tick, data in played:
        time_s = transport.seconds_at(tick)
        script.append((time_s, Heard(time_s, "in", data)))
    script += [(transport.seconds_at(tick), command) for tick, command in commands]
    ports.clock = Player(script, inbox)
    events: list[Event] = []
    Performance(
        jam, InlineFeed(source), ports, inbox, events.append, harmony=harmony_of(source)
    ).run()
    return events
