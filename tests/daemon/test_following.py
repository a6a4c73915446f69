"""The daemon and its masters in virtual time: who is followed, when it plays, and what is told."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from daw_bridge.config.jam import JamFile, VoiceFile
from daw_bridge.daemon.opening import perform
from daw_bridge.daemon.performance import Jam, Performance
from daw_bridge.daemon.settings import Ready, jam_of
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Heard, Inbox, Located, SetMeter, SetTempo, Stop, Thing
from daw_bridge.jam.events import Changed, Event, Followed, Moved, Placed
from daw_bridge.jam.follow import SppUnit
from daw_bridge.jam.masters import Sync
from daw_bridge.jam.plan import Plan
from daw_bridge.midi.messages import starts_note
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.clock import VirtualClock, Wake
from tests.fakes import RecordingPorts
from tests.jam.masters import BAR, Master, song_position
from tests.jam.scripts import numbered

Timed = tuple[float, Thing]


class Numbered:
    """Bars of one note on the one, as loud as the bar's number in the order of making, from 1."""

    def bar(self, ask: Ask) -> Bar:
        bar = numbered(ask.number % 100 + 1)
        return Bar(bar.notes, ask.meter)


class ScriptedClock(VirtualClock):
    """A clock at whose times things come in."""

    def __init__(self, inbox: Inbox, script: Iterable[Timed]) -> None:
        super().__init__()
        self._inbox = inbox
        self._script = sorted(script, key=lambda each: each[0])

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        if self._script and self._script[0][0] <= deadline:
            super().wait_until(Seconds(max(self._script[0][0], self.now())), wake)
            while self._script and self._script[0][0] <= self.now():
                self._inbox.put(self._script.pop(0)[1])
        else:
            super().wait_until(deadline, wake)


class Played:
    """A jam that was played with what came in at its times."""

    def __init__(
        self,
        *script: Timed,
        sync: Sync = Sync.AUTO,
        tempo_qpm: float = 120.0,
        spp_unit: SppUnit = SppUnit.AUTO,
        leads: bool = False,
        end_s: float = 20.0,
    ) -> None:
        self.told: list[Event] = []
        self.ports, inbox = RecordingPorts(), Inbox()
        self.ports.clock = ScriptedClock(inbox, [*script, (end_s, Stop("enough"))])
        settings = Jam(
            tempo_qpm, Plan(), sync=sync, spp_unit=spp_unit,
            ports=PortSettings(transport_master=leads),
        )  # fmt: skip
        feed = InlineFeed(Numbered())
        play = Performance(settings, feed, self.ports, inbox, self.told.append)
        play.run()
        assert play.why == "enough"

    def struck(self, begin_s: float = 0.0, end_s: float = 99.0) -> list[tuple[float, int]]:
        """List when notes were due, and of which bar."""
        return [
            (round(m.due_s, 4), m.data[2])
            for m in self.ports.sent
            if starts_note(m.data) and begin_s <= m.due_s < end_s
        ]

    def followed(self) -> list[Followed]:
        return [each for each in self.told if isinstance(each, Followed)]

    def moved(self) -> list[tuple[int, bool]]:
        return [(each.song_tick, each.rolling) for each in self.told if isinstance(each, Moved)]


def clock_of(master: Master) -> list[Timed]:
    return [(time_s, Heard(time_s, "sync", data)) for time_s, data in master.in_order()]


def located(
    source: str, time_s: float, tick: int, *, rolls: bool = True, tempo: float = 120.0
) -> Timed:
    return time_s, Located(source, Position(Seconds(time_s), Ticks(tick), tempo, rolls))


def test_on_its_own_it_plays_until_a_clock_starts_and_then_is_where_that_is() -> None:
    master = Master(90, at_s=5.0).start().clocks(24 * 8 + 1).stop()
    played = Played(*clock_of(master))
    own = played.struck(0.0, 5.0)
    assert own == [(0.06, 1), (2.06, 2), (4.06, 3)]
    assert [due for due, _ in played.struck(5.0)] == [
        5.0,
        round(5 + 8 / 3, 4),
        round(5 + 16 / 3, 4),
    ]
    assert played.followed() == [Followed("midi-clock", (), "sixteenth")]
    assert played.moved() == [(0, True), (24 * 8 * 20 + 20, False)]
    silences = [each for each in played.ports.log if each[0] == "silence"]
    assert len(silences) >= 2  # what was played, and at the stop


def test_with_a_named_master_it_waits_for_it() -> None:
    master = Master(at_s=3.0).start().clocks(97)
    played = Played(*clock_of(master), located("jack", 1.0, 0), sync=Sync.MIDI_CLOCK, end_s=4.95)
    assert [due for due, _ in played.struck()] == [3.0, 5.0]
    assert played.followed() == [
        Followed("midi-clock", (), "sixteenth"),
        Followed("midi-clock", ("jack",), "sixteenth"),
    ]


def test_a_clock_that_stands_gives_its_tempo_to_a_jam_that_is_on_its_own() -> None:
    played = Played(*clock_of(Master(60, at_s=1.0).clocks(24 * 4)), end_s=6.0)
    assert [due for due, _ in played.struck()][:1] == [0.06]
    assert played.struck()[1][0] == pytest.approx(1.1 + 2 * (2.06 - 1.1), abs=0.1)
    assert played.followed() == []


def test_jack_and_link_are_followed_as_they_come() -> None:
    for source in ("jack", "link"):
        played = Played(
            located(source, 0.5, 96_000, rolls=False),
            located(source, 1.0, 4 * BAR),
            located(source, 5.0, 8 * BAR, tempo=240.0),
            located(source, 7.0, 12 * BAR + 96, rolls=False, tempo=240.0),
            end_s=9.0,
        )
        assert sorted({due for due, _ in played.struck(0.9, 6.9)}) == [1.0, 3.0, 5.0, 6.0]
        song_bars = [each.song_bar for each in played.told if isinstance(each, Placed)]
        assert song_bars[:2] == [None, 4]
        assert played.followed() == [Followed(source)]


def test_of_two_masters_the_first_that_rolls_is_followed_and_the_other_is_told() -> None:
    played = Played(
        located("jack", 1.0, 0),
        *clock_of(Master(60, at_s=2.5).start().clocks(24)),
        located("jack", 6.0, 9600, rolls=False),
        *clock_of(Master(60, at_s=8.0).wait(0).say(b"\xfc").start().clocks(24 * 5)),
        end_s=12.5,
    )
    assert [due for due, _ in played.struck(0.9, 6.0)] == [1.0, 3.0, 5.0]
    assert [due for due, _ in played.struck(6.0)] == [8.0, 12.0]
    assert [each.master for each in played.followed()] == ["jack", "jack", "jack", "midi-clock"]
    assert played.followed()[1].others == ("midi-clock",)
    brakes = [each[1] for each in played.ports.log if each[0] == "follow"]
    assert brakes == ["jack", "midi-clock"]


def test_a_clock_that_fails_is_bridged_and_then_told() -> None:
    played = Played(*clock_of(Master(at_s=1.0).start().clocks(96)), end_s=9.0)
    assert [due for due, _ in played.struck(0.9)] == [1.0, 3.0]
    assert "failed" in played.followed()[-1].trouble
    assert played.moved()[-1] == (1920, False)


def test_two_clocks_at_one_input_are_told_and_so_is_the_end_of_that() -> None:
    one = Master(120, at_s=1.0).start().clocks(24 * 36)
    other = Master(127, at_s=1.2).start().clocks(24 * 10)
    played = Played(*clock_of(one), *clock_of(other), end_s=18.0)
    assert [each.trouble for each in played.followed()] == [
        "",
        "its clock is uneven, or two send one at once",
        "",
    ]


def test_the_unit_of_song_positions_is_told() -> None:
    master = Master(at_s=1.0).start().clocks(195).stop().wait(0.5).say(song_position(198), b"\xfb")
    played = Played(*clock_of(master.clocks(24)))
    assert [each.spp_unit for each in played.followed()][:2] == ["sixteenth", "clock"]
    assert (198 * 20, True) in played.moved()
    said = Played(*clock_of(Master(at_s=1.0).start()), spp_unit=SppUnit.CLOCK)
    assert [each.spp_unit for each in said.followed()] == []
    said = Played(*clock_of(Master(at_s=1.0).start().clocks(2)), spp_unit=SppUnit.CLOCK)
    assert said.followed()[0].spp_unit == "clock"


def test_a_transport_that_is_ours_is_started_and_stopped() -> None:
    rolls = located("jack", 0.06, 0)
    played = Played(rolls, sync=Sync.JACK, leads=True, end_s=3.0)
    led = [each[1] for each in played.ports.log if each[0] == "lead"]
    assert [(p.tick, p.rolling) for p in led] == [(0, True), (pytest.approx(2822, abs=2), False)]
    assert [due for due, _ in played.struck()] == [0.06, 2.06]


def test_a_tempo_that_is_asked_for_is_that_of_all_peers_of_link() -> None:
    played = Played(located("link", 1.0, 0), (2.0, SetTempo(90.0)), end_s=3.0)
    led = [each[1] for each in played.ports.log if each[0] == "lead"]
    assert led == [Position(Seconds(2.0), Ticks(960), 90.0, rolling=True)]
    changed = [each for each in played.told if isinstance(each, Changed)]
    assert [(each.what, each.value) for each in changed] == [("tempo", 90.0)]


def test_a_meter_that_is_asked_for_is_that_of_bars_of_link_from_its_line_on() -> None:
    three = Meter(3, 4)
    played = Played(located("link", 1.0, 0), (4.5, SetMeter(three)), sync=Sync.LINK, end_s=9.0)
    assert [each[1:] for each in played.ports.log if each[0] == "measure"] == [(three, 2 * BAR)]
    assert [due for due, _ in played.struck(1.0, 9.0)] == [1.0, 3.0, 5.0, 6.5, 8.0]


def test_what_link_starts_anew_is_all_in_the_meter_that_it_tells() -> None:
    three = Meter(3, 4)
    anew = Position(Seconds(9.0), Ticks(0), 120.0, rolling=True, meter=three)
    played = Played(
        located("link", 1.0, 0), (4.5, SetMeter(three)), (9.0, Located("link", anew)),
        sync=Sync.LINK, end_s=13.0,
    )  # fmt: skip
    assert [due for due, _ in played.struck(9.0, 12.9)] == [9.0, 10.5, 12.0]


def test_a_jam_on_its_own_tells_its_meter_to_whom_it_may_follow() -> None:
    played = Played((1.0, SetMeter(Meter(7, 8))), end_s=2.0)
    assert [each[1:] for each in played.ports.log if each[0] == "measure"] == [(Meter(7, 8), 0)]


def test_what_no_master_should_say_does_no_harm() -> None:
    odd = [
        located("jack", 1.0, -5000, tempo=1e9),
        located("jack", 1.5, 1 << 40, tempo=0.0),
        located("jack", 2.0, 0, tempo=float("nan")),
        located("link", 2.5, 10),
    ]
    meter = Position(Seconds(3.0), Ticks(100), 50.0, rolling=True, meter=Meter(5, 16))
    played = Played(*odd, (3.0, Located("jack", meter)), end_s=6.0)
    assert played.followed()[0].master == "jack"


def test_clocks_that_no_daw_should_send_are_followed_and_leave_no_note_sounding() -> None:
    def rough(quarter: float) -> float:
        return 40.0 if quarter < 8 else 400.0

    for master, bars in (
        (Master(1000, at_s=1.0).start().clocks(24 * 64), 16),
        (Master(rough, at_s=1.0).start().clocks(24 * 16), 4),
        (Master(at_s=1.0).start(), 0),  # at 0: no clock ever comes
        (Master(at_s=1.0).say(b"\xfa", b"\xfa", b"\xfb", b"\xfc", b"\xfb").clocks(24 * 8), 2),
        (Master(at_s=1.0).say(song_position(0x3FFF), b"\xfb").clocks(24 * 8), 2),
    ):
        played = Played(*clock_of(master), sync=Sync.MIDI_CLOCK, end_s=15.0)
        assert bars <= len(played.struck()) <= bars + 6, "it is bridged for a second"
        assert [each.master for each in played.followed()][:1] == ["midi-clock"]
        sounding = SoundingNotes()
        for kind, *rest in played.ports.log:
            if kind == "silence":
                sounding.end_all()
            for message in rest[0] if kind == "send" else ():  # type: ignore[attr-defined]
                sounding.sent(message.port, message.data)
        assert len(sounding) == 0


def test_in_virtual_time_nobody_is_waited_for() -> None:
    report = perform(Jam(plan=Plan(bars=2), sync=Sync.JACK), Numbered())
    assert report.bars == 2
    jam = Ready(JamFile(model="any", backend="offline", sync="jack", voices=(VoiceFile(),)), Path())
    assert jam_of(jam).sync is Sync.AUTO


def test_things_are_taken_in_the_order_of_their_times() -> None:
    inbox = Inbox()
    late, early = Heard(Seconds(2.0), "sync", b"\xf8"), located("jack", 1.0, 0)[1]
    for thing in (late, early, Stop()):
        inbox.put(thing)
    assert inbox.take() == [Stop(), early, late]


def test_the_ports_have_ready_what_sounds_at_a_start_before_it_comes() -> None:
    master = Master(120, at_s=1.0).say(song_position(32)).wait(1.0).say(b"\xfb").clocks(96).stop()
    played = Played(*clock_of(master), sync=Sync.MIDI_CLOCK, end_s=4.5)
    cues = [rest for kind, *rest in played.ports.log if kind == "cue"]
    places = [(round(place.time_s, 4), place.tick) for place, _ in cues]  # type: ignore[attr-defined]
    assert places == [(0.0, 0), (1.0, 2 * BAR), (4.0, 3 * BAR)]
    for _, messages in cues:
        assert [(m.due_s, starts_note(m.data)) for m in messages] == [(0.0, True)]
