"""Ableton Link: beats as places in a song, and two peers that agree on them."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from daw_bridge.errors import UserError
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.clock import MonotonicClock
from daw_bridge.ports.link import LinkPeer, LinkSong, Look

LIMIT_S = 30.0


def looks(first: Look, count: int, **changes: Any) -> list[Look]:
    """Give looks at a session that goes on, 0.02 s apart."""
    each_s = 0.02
    beats = each_s * first.tempo_qpm / 60
    return [
        Look(
            Seconds(first.time_s + each_s * n),
            first.beat + beats * n,
            changes.get("tempo_qpm", first.tempo_qpm),
            changes.get("playing", first.playing),
            changes.get("peers", first.peers),
        )
        for n in range(count)
    ]


def told(song: LinkSong, many: list[Look]) -> list[Position]:
    return [position for look in many if (position := song.take(look)) is not None]


def place(position: Position, time_s: float) -> float:
    return position.tick + (time_s - position.time_s) * position.tempo_qpm * PPQ / 60


def test_without_a_peer_nothing_is_there() -> None:
    alone = Look(Seconds(0.0), 0.3, 120.0, playing=False, peers=0)
    assert told(LinkSong(Meter()), looks(alone, 100)) == []


def test_a_session_in_which_nobody_starts_or_stops_rolls_within_its_bar() -> None:
    met = Look(Seconds(10.0), 9.5, 120.0, playing=False, peers=1)
    positions = told(LinkSong(Meter()), looks(met, 100))
    assert all(position.rolling for position in positions)
    assert [place(p, 11.0) for p in positions] == pytest.approx([(9.5 - 8 + 2) * PPQ] * 11)


def test_what_does_not_change_is_told_five_times_a_second() -> None:
    met = Look(Seconds(10.0), 0.0, 120.0, playing=False, peers=1)
    assert len(told(LinkSong(Meter()), looks(met, 1 + 50))) == 1 + 5


def test_a_start_begins_the_song_at_the_next_bar_and_a_stop_stands() -> None:
    song = LinkSong(Meter())
    song.take(Look(Seconds(0.0), 5.0, 60.0, playing=False, peers=1))
    start = song.take(Look(Seconds(0.02), 5.02, 60.0, playing=True, peers=1))
    assert start is not None
    assert (start.tick, start.rolling) == (0, True)
    assert start.time_s == pytest.approx(3.0)
    stop = song.take(Look(Seconds(4.0), 9.0, 60.0, playing=False, peers=1))
    assert stop == Position(Seconds(4.0), PPQ, 60.0, rolling=False, meter=Meter())
    other = song.take(Look(Seconds(4.02), 9.03, 90.0, playing=False, peers=1))
    assert other == Position(Seconds(4.02), PPQ, 90.0, rolling=False, meter=Meter())


def test_what_stands_and_does_not_change_is_not_told_again() -> None:
    song = LinkSong(Meter())
    song.take(Look(Seconds(0.0), 5.0, 60.0, playing=True, peers=1))
    song.take(Look(Seconds(0.02), 5.02, 60.0, playing=False, peers=1))
    assert told(song, looks(Look(Seconds(5.0), 10.0, 60.0, playing=False, peers=1), 100)) == []


@pytest.mark.parametrize("meter", [Meter(3, 4), Meter(7, 8, (3, 2, 2)), Meter(5, 4), Meter(12, 8)])
def test_a_quantum_is_a_bar_of_the_meter(meter: Meter) -> None:
    bar = meter.bar_length() / PPQ
    song = LinkSong(meter)
    assert song.quantum == bar
    met = song.take(Look(Seconds(0.0), 4 * bar + 1.0, 60.0, playing=False, peers=1))
    assert met == Position(Seconds(0.0), PPQ, 60.0, rolling=True, meter=meter)
    start = song.take(Look(Seconds(0.02), 4 * bar + 1.02, 60.0, playing=True, peers=1))
    assert start is not None
    assert start.tick == 0
    assert start.time_s == pytest.approx(bar - 1.0)


def test_bars_of_another_meter_begin_on_their_line_where_those_of_the_peers_are() -> None:
    song, three = LinkSong(Meter()), Meter(3, 4)
    before = looks(Look(Seconds(0.0), 8.0, 60.0, playing=False, peers=1), 401)
    assert {p.meter for p in told(song, before[:100])} == {Meter()}
    song.measure(three, Ticks(4 * PPQ))  # at beat 12, of which Link makes one that peers agree on
    assert {p.meter for p in told(song, before[100:200])} == {Meter()}
    assert (song.take(before[200]), song.quantum) == (None, 3.0)
    first = song.take(Look(Seconds(4.0), 13.0, 60.0, playing=False, peers=1))
    assert first == Position(Seconds(4.0), 5 * PPQ, 60.0, rolling=True, meter=three)
    start = song.take(Look(Seconds(4.02), 13.02, 60.0, playing=True, peers=1))
    assert start is not None
    assert (start.tick, start.meter) == (0, three)
    assert start.time_s == pytest.approx(6.0)


def test_bars_as_long_as_before_move_nothing() -> None:
    song = LinkSong(Meter(3, 4))
    song.take(Look(Seconds(0.0), 4.0, 60.0, playing=False, peers=1))
    song.measure(Meter(6, 8), Ticks(0))
    positions = told(song, looks(Look(Seconds(0.02), 4.02, 60.0, playing=False, peers=1), 20))
    assert {(round(place(p, 1.0), 6), p.meter) for p in positions} == {(2 * PPQ, Meter(6, 8))}


def test_while_it_stands_another_meter_is_that_of_the_next_start() -> None:
    song = LinkSong(Meter())
    song.take(Look(Seconds(0.0), 4.0, 60.0, playing=True, peers=1))
    song.take(Look(Seconds(0.02), 4.02, 60.0, playing=False, peers=1))
    song.measure(Meter(3, 4), Ticks(8 * PPQ))
    assert (song.take(Look(Seconds(0.04), 4.04, 60.0, playing=False, peers=1)), song.quantum) == (
        None,
        3.0,
    )
    start = song.take(Look(Seconds(0.06), 4.06, 60.0, playing=True, peers=1))
    assert start is not None
    assert (start.tick, start.meter) == (0, Meter(3, 4))
    assert start.time_s == pytest.approx(2.0)


def test_a_change_is_told_at_once() -> None:
    for change in (
        Look(Seconds(10.02), 8.04, 90.0, playing=False, peers=1),
        Look(Seconds(10.02), 8.3, 120.0, playing=False, peers=1),
    ):
        song = LinkSong(Meter())
        song.take(Look(Seconds(10.0), 8.0, 120.0, playing=False, peers=1))
        position = song.take(change)
        assert position is not None
        assert position.tempo_qpm == change.tempo_qpm
        assert place(position, 10.02) == pytest.approx((change.beat - 8) * PPQ)


def test_a_song_that_leads_is_where_it_put_the_beats() -> None:
    song = LinkSong(Meter())
    song.lead()
    song.take(Look(Seconds(0.0), 1.0, 60.0, playing=False, peers=0))
    position = song.take(Look(Seconds(0.02), 1.02, 60.0, playing=True, peers=0))
    assert position is not None
    assert place(position, 0.02) == pytest.approx(1.02 * PPQ)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(UserError, match=r"pip install 'daw-bridge\[link\]'"):
        LinkPeer(PortSettings(), lambda _source, _position: None)


class Other:
    """A second peer, in a process of its own."""

    def __init__(self, tempo_qpm: float, quantum: float) -> None:
        program = Path(__file__).with_name("link_peer.py")
        self._process = subprocess.Popen(
            [sys.executable, program, str(tempo_qpm), str(quantum)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "# joined\n"

    def say(self, line: str) -> dict[str, Any]:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=LIMIT_S)


class Two:
    """Our peer and another, which have met."""

    def __init__(self, meter: Meter) -> None:
        self.came: queue.SimpleQueue[Position] = queue.SimpleQueue()
        settings = PortSettings(tempo_qpm=100.0, meter=meter)
        self.ours = LinkPeer(settings, lambda _, position: self.came.put(position))
        self.ours.start(MonotonicClock())
        self.other = Other(130.0, meter.bar_length() / PPQ)
        if self.other.say("where")["peers"] > 1:
            self.close()
            pytest.skip("another Link session is in this network")

    def wait_for(self, wanted: Callable[[Position], bool]) -> Position:
        while not wanted(position := self.came.get(timeout=LIMIT_S)):
            pass
        return position

    def close(self) -> None:
        self.ours.stop()
        self.other.close()


@contextmanager
def two_peers(meter: Meter = Meter()) -> Iterator[Two]:
    pytest.importorskip("aalink", reason="Ableton Link's extra is not installed")
    two = Two(meter)
    try:
        yield two
    finally:
        two.close()


@pytest.mark.link
def test_two_peers_agree_on_tempo_beats_start_and_stop() -> None:
    with two_peers() as two:
        first = two.wait_for(lambda p: p.rolling)
        assert two.other.say("where")["tempo"] == pytest.approx(first.tempo_qpm, rel=1e-5)
        two.other.say("tempo 90")
        two.wait_for(lambda p: p.tempo_qpm == pytest.approx(90.0, rel=1e-5))
        two.other.say("play 0")
        start = two.wait_for(lambda p: p.rolling and p.tick == 0)
        there = two.other.say("where")
        beats = place(start, there["time_s"]) / PPQ
        assert beats == pytest.approx(there["beat"], abs=0.05)
        two.other.say("stop")
        two.wait_for(lambda p: not p.rolling)


@pytest.mark.link
def test_what_we_lead_the_other_peer_follows() -> None:
    with two_peers() as two:
        now_s = MonotonicClock().now()
        two.ours.lead(Position(now_s, 0, 140.0, rolling=True))
        two.wait_for(lambda p: p.tempo_qpm == pytest.approx(140.0, rel=1e-5) and p.rolling)
        while not (there := two.other.say("where"))["playing"]:
            pass
        assert there["tempo"] == pytest.approx(140.0, rel=1e-5)
        two.ours.lead(Position(now_s, 0, 140.0, rolling=False))
        while two.other.say("where")["playing"]:
            pass


@pytest.mark.link
@pytest.mark.parametrize("meter", [Meter(3, 4), Meter(7, 8)])
def test_two_peers_agree_on_bars_of_any_meter_and_on_others_while_they_roll(meter: Meter) -> None:
    with two_peers(meter) as two:

        def off(position: Position) -> float:
            """Return the beats between our bar and the peer's, in a bar as a circle."""
            there = two.other.say("where")
            bar = position.meter.bar_length() / PPQ if position.meter else 0.0
            apart = place(position, there["time_s"]) / PPQ - there["beat"]
            return abs((apart + bar / 2) % bar - bar / 2)

        assert off(two.wait_for(lambda p: p.meter == meter)) < 0.05
        two.other.say("quantum 5")
        two.ours.measure(Meter(5, 4), Ticks(0))
        assert off(two.wait_for(lambda p: p.meter == Meter(5, 4))) < 0.05
