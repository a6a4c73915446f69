"""Sessions: bars in, timed messages out, with time as an argument."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.commands import Change, Panic, SetDrumMap, SetMode, SetTempo, Stop
from daw_bridge.jam.events import (
    Changed,
    Event,
    Margin,
    Placed,
    Refused,
    Sounded,
    Tempo,
    Watcher,
    nobody,
)
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.modes import Interplay, Name
from daw_bridge.jam.outgoing import LOOKAHEAD_S, TAKE_BACK_S
from daw_bridge.jam.plan import Late, Plan
from daw_bridge.jam.schedule import ANTICIPATION, Route
from daw_bridge.jam.session import Session
from daw_bridge.midi.messages import TimedMessage
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks, Transport
from tests.jam.scripts import ScriptedFeed, kit

KICK = Bar.of([Note(Ticks(0), 36, Ticks(60), 100)])
SNARE = Bar.of([Note(Ticks(0), 38, Ticks(60), 100)])
LONG = Bar.of([Note(Ticks(0), 36, Ticks(1900), 100)])


def session_of(*bars: Bar | None, tell: Watcher = nobody, **plan: object) -> Session:
    plan.setdefault("bars", len(bars))
    return Session(ScriptedFeed(bars), Transport(120), {0: Route()}, Plan(**plan), tell)


def heard(told: list[Event]) -> list[tuple[int, str]]:
    return [(each.tick, each.data.hex(" ")) for each in told if isinstance(each, Sounded)]


def run(session: Session) -> list[tuple[float, str]]:
    """Advance through virtual time, and give (second, bytes) of all that was committed."""
    messages: list[TimedMessage] = []
    while (wake := session.next_wake_s()) is not None:
        messages.extend(session.advance(wake))
    return [(round(message.due_s, 6), message.data.hex(" ")) for message in messages]


def test_bars_sound_on_their_bar_lines() -> None:
    assert run(session_of(KICK, SNARE)) == [
        (0.0, "99 24 64"),
        (0.0625, "89 24 00"),
        (2.0, "99 26 64"),
        (2.0625, "89 26 00"),
    ]


def test_a_command_that_is_not_obeyed_is_refused_with_a_reason() -> None:
    told: list[Event] = []
    session = session_of(KICK, tell=told.append)
    for command in (SetMode("trade"), Change((("top_p", 0.5), ("seed", 3)))):
        assert not session.apply(command, Seconds(0.0))
    refused = [(each.what, each.why) for each in told if isinstance(each, Refused)]
    assert refused == [(what, "not while a jam plays") for what in ("mode", "top_p seed")]


def test_bars_of_other_meters_have_their_own_length() -> None:
    waltz = Bar(KICK.notes, Meter(3, 4))
    assert [due for due, data in run(session_of(waltz, KICK)) if data[0] == "9"] == [0.0, 1.5]


def test_messages_are_committed_shortly_before_they_sound() -> None:
    session = session_of(KICK, SNARE)
    session.advance(Seconds(0.0))
    assert session.advance(Seconds(1.85)) == []
    assert [message.due_s for message in session.advance(Seconds(1.91))] == [2.0]


def test_advancing_often_or_seldom_commits_the_same() -> None:
    often, seldom = session_of(KICK, LONG, SNARE), session_of(KICK, LONG, SNARE)
    steps = [message for step in range(701) for message in often.advance(Seconds(step / 100))]
    assert steps == [message for step in range(15) for message in seldom.advance(Seconds(step / 2))]


def test_what_was_missed_for_long_is_not_struck_in_one_blow_and_ends_all_the_same() -> None:
    told: list[Event] = []
    session = session_of(LONG, KICK, SNARE, KICK, tell=told.append)
    session.advance(Seconds(0.0))
    late = [(message.due_s, message.data.hex(" ")) for message in session.advance(Seconds(4.3))]
    assert late == [  # the first bar's end is sent, the second bar's kick is not
        (pytest.approx(1900 / 960), "89 24 00"),
        (2.0625, "89 24 00"),
        (4.0, "99 26 64"),
        (4.0625, "89 26 00"),
    ]
    assert run(session)[0] == (6.0, "99 24 64")
    session.pass_time(Seconds(7.0))
    assert [data[:2] for _, data in heard(told)] == ["99", "89", "89", "99", "89", "99", "89"]


@pytest.mark.parametrize(
    ("late", "second_bar"), [(Late.REPEAT, "24"), (Late.REST, None), (Late.FILL, "26")]
)
def test_a_late_bar_is_stood_in_for_and_counted(late: Late, second_bar: str | None) -> None:
    session = session_of(KICK, None, KICK, late=late, fill=SNARE)
    starts = {due: data.split()[1] for due, data in run(session) if data[0] == "9"}
    assert starts.get(2.0) == second_bar
    assert starts[4.0] == "24"
    assert (session.late_bars, session.bars_played) == (1, 3)


def test_what_a_late_policy_makes_afterwards_is_played_not_lost() -> None:
    starts = [data.split()[1] for _, data in run(session_of(KICK, None, SNARE)) if data[0] == "9"]
    assert starts == ["24", "24", "26"]


def test_bars_are_asked_for_two_ahead_and_a_late_one_under_its_number_again() -> None:
    feed = ScriptedFeed([KICK, None, SNARE, KICK])
    session = Session(feed, Transport(120), {0: Route()}, Plan(Meter(3, 4), bars=4))
    assert feed.wanted == [Ask(0, meter=Meter(3, 4)), Ask(1, meter=Meter(3, 4))]
    run(session)
    assert [ask.number for ask in feed.taken] == [0, 1, 1, 2]
    assert [ask.number for ask in feed.wanted[-2:]] == [3, 4]
    assert {ask.meter for ask in feed.wanted + feed.taken} == {Meter(3, 4)}


def test_margins_are_told_and_bars_made_further_ahead_where_they_shrink() -> None:
    """A bar is due before its line by what may anticipate it and is committed ahead."""
    told: list[Event] = []
    margins = Margins()
    feed = ScriptedFeed([KICK, SNARE, None, SNARE, KICK])
    session = Session(
        feed, Transport(120), {0: Route()}, Plan(bars=5), told.append, margins=margins
    )
    due_s = 2.0 - ANTICIPATION / 960 - LOOKAHEAD_S
    margins.ready(0, Seconds(-1.0))
    margins.ready(1, Seconds(0.5))
    session.begin(Seconds(0.0))
    session.advance(Seconds(2.0))
    session.advance(Seconds(4.0))  # bar 2 is late
    assert feed.wanted[-1].number == 3
    margins.ready(2, Seconds(5.0))
    margins.ready(3, Seconds(5.0))
    session.advance(Seconds(6.0))
    session.advance(Seconds(8.0))
    last = [each.last_s for each in told if isinstance(each, Margin)]
    assert last == pytest.approx([due_s - 0.5, due_s + 2.0 - 5.0, due_s + 6.0 - 5.0])
    assert feed.wanted[-1].number == 6


def test_the_music_begins_where_it_is_put_once_the_first_bar_is_made() -> None:
    session = session_of(None, KICK, bars=1)
    assert [session.ready(), session.ready(), session.ready()] == [False, True, True]
    session.apply(SetTempo(240), Seconds(3.0))
    session.begin(Seconds(5.0))
    assert run(session) == [(5.0, "99 24 64"), (5.03125, "89 24 00")]
    assert session.late_bars == 0


def test_a_tempo_acts_as_soon_as_the_ports_can_take_back_what_they_hold() -> None:
    session = session_of(KICK, SNARE, KICK)
    session.advance(Seconds(0.9))  # committed up to 1.0 s
    session.apply(SetTempo(240), Seconds(0.9))
    second = 0.9 + TAKE_BACK_S + (2.0 - 0.9 - TAKE_BACK_S) / 2
    assert [due for due, data in run(session) if data[0] == "9"] == pytest.approx(
        [second, second + 1.0], abs=1e-3
    )


TWO = Bar.of([Note(Ticks(start), 36, Ticks(60), 100) for start in (0, 960)])


@pytest.mark.parametrize("said_s", [1.3, 1.85, 1.95, 1.985])
def test_a_tempo_and_a_map_act_on_the_next_bar_line_however_late_they_are_said(
    said_s: float,
) -> None:
    told: list[Event] = []
    session = Session(
        ScriptedFeed([TWO] * 3),
        Transport(120),
        {0: Route(drum_map=kit({"kick": 24}))},
        Plan(bars=3),
        told.append,
    )
    sent = advanced(session, said_s)
    session.apply(SetTempo(60, "bar"), Seconds(said_s))
    session.apply(SetDrumMap(kit({"kick": 50}), "bar"), Seconds(said_s))
    heard = struck(session, sent)
    assert heard == [(0.0, 24), (1.0, 24), (2.0, 50), (4.0, 50), (6.0, 50), (8.0, 50)]
    changed = [(each.what, each.tick) for each in told if isinstance(each, Changed)]
    assert changed == [("tempo", 1920), ("drum_map", 1920)]


def test_what_is_said_too_late_for_a_bar_line_acts_as_soon_after_it_as_can_be() -> None:
    told: list[Event] = []
    session = session_of(TWO, TWO, tell=told.append)
    sent = advanced(session, 1.999)
    session.apply(SetTempo(60, "bar"), Seconds(1.999))
    changed = [each.tick for each in told if isinstance(each, Changed)]
    assert changed == [session.transport.tick_at(Seconds(1.999 + TAKE_BACK_S))]
    due = [due for due, _ in struck(session, sent)]
    assert due[:3] == [0.0, 1.0, 2.0]
    assert due[3] == pytest.approx(2.009 + (3.0 - 2.009) * 2, abs=1e-3)


def test_another_map_is_heard_at_once_though_the_next_note_was_committed() -> None:
    told: list[Event] = []
    session = Session(
        ScriptedFeed([TWO]),
        Transport(120),
        {0: Route(drum_map=kit({"kick": 36}))},
        Plan(bars=1),
        told.append,
    )
    sent = advanced(session, 0.95)  # and so is its end, which keeps the old pitch
    session.apply(SetDrumMap(kit({"kick": 50})), Seconds(0.95))
    assert struck(session, sent) == [(0.0, 36), (1.0, 50)]
    session.pass_time(Seconds(9.0))
    assert [data[3:5] for _, data in heard(told)] == ["24", "24", "32", "32"]


def advanced(session: Session, until_s: float) -> list[TimedMessage]:
    """Advance as a loop does until a second; return what was committed."""
    sent = session.advance(Seconds(0.0))
    while (wake := session.next_wake_s()) is not None and wake < until_s:
        sent += session.advance(wake)
    return [*sent, *session.advance(Seconds(until_s))]


def struck(session: Session, sent: list[TimedMessage]) -> list[tuple[float, int]]:
    """Play on to the end; return when which pitches are struck, but for what was taken back."""
    serial = session.taken_back()
    sent = [each for each in sent if serial is None or each.serial < serial]
    while (wake := session.next_wake_s()) is not None:
        sent += session.advance(wake)
    return [(round(m.due_s, 6), m.data[1]) for m in sent if m.data[0] >> 4 == 9]


def test_stop_ends_the_session_and_asks_for_silence() -> None:
    session = session_of(KICK, SNARE)
    session.advance(Seconds(0.0))
    assert session.apply(Stop(), Seconds(0.01))
    assert session.next_wake_s() is None
    assert session.advance(Seconds(5.0)) == []


def test_panic_asks_for_silence_and_plays_on_at_the_next_bar_line() -> None:
    told: list[Event] = []
    session = session_of(LONG, SNARE, tell=told.append)
    session.advance(Seconds(0.0))
    assert session.apply(Panic(), Seconds(0.5))
    assert Changed("panic", Ticks(1920)) in told
    assert run(session) == [(2.0, "99 26 64"), (2.0625, "89 26 00")]


def test_a_panic_shortly_before_a_bar_line_leaves_that_bar_its_notes() -> None:
    rushing = Bar.of([Note(Ticks(-100), 42, Ticks(60), 80), Note(Ticks(-5), 38, Ticks(60), 100)])
    told: list[Event] = []
    session = session_of(LONG, rushing, KICK, tell=told.append)
    session.advance(Seconds(0.0))
    committed = [message.data.hex(" ") for message in session.advance(Seconds(1.9))]
    assert committed == ["99 2a 50", "89 2a 00", "89 24 00", "99 26 64"]
    assert session.apply(Panic(), Seconds(1.95))  # the ports drop the snare, which is yet to come
    assert run(session) == [
        (round(1915 / 960, 6), "99 26 64"),
        (round(1975 / 960, 6), "89 26 00"),
        (4.0, "99 24 64"),
        (4.0625, "89 24 00"),
    ]
    session.pass_time(Seconds(5.0))
    assert [data[3:5] for _, data in heard(told) if data[:2] == "99"] == ["24", "2a", "26", "24"]


def test_a_drum_map_that_changes_under_a_note_leaves_nothing_sounding() -> None:
    low, high = kit({"kick": 24}), kit({"kick": 60})
    session = Session(
        ScriptedFeed([LONG, KICK]), Transport(120), {0: Route(drum_map=low)}, Plan(bars=2)
    )
    first = [message.data for message in session.advance(Seconds(0.0))]
    assert not session.apply(SetDrumMap(high), Seconds(0.5))
    assert first + [bytes.fromhex(data) for _, data in run(session)] == [
        bytes.fromhex(data) for data in ("99 18 64", "89 18 00", "99 3c 64", "89 3c 00")
    ]


def test_what_sounded_is_told_once_it_has_and_what_was_cut_never() -> None:
    told: list[Event] = []
    session = session_of(LONG, SNARE, tell=told.append)
    session.advance(Seconds(0.0))
    session.advance(Seconds(1.95))  # commits the snare at 2.0 s
    assert heard(told) == [(0, "99 24 64")]
    session.apply(Stop(), Seconds(1.99))
    assert heard(told) == [
        (0, "99 24 64"),
        (1900, "89 24 00"),
        (1910, "b9 40 00"),
        (1910, "b9 7b 00"),
    ]


def test_what_a_stop_finds_sounding_is_told_to_end_there() -> None:
    told: list[Event] = []
    session = session_of(LONG, tell=told.append)
    session.advance(Seconds(0.0))
    session.apply(Stop(), Seconds(1.0))
    assert heard(told)[1:] == [(960, "89 24 00"), (960, "b9 40 00"), (960, "b9 7b 00")]


def test_bars_and_tempos_are_told() -> None:
    told: list[Event] = []
    session = session_of(None, SNARE, None, tell=told.append, bars=2)
    session.begin(Seconds(0.0))
    session.advance(Seconds(0.0))
    session.apply(SetTempo(60), Seconds(0.0))
    run(session)
    assert [each for each in told if not isinstance(each, Sounded)] == [
        Tempo(Ticks(0), 120),
        Placed(0, Ticks(0), Bar(), late=True),
        Tempo(Ticks(10), 60),
        Changed("tempo", Ticks(10), 60),
        Placed(1, Ticks(1920), SNARE, late=False),
    ]


def test_what_the_policy_raises_reaches_the_loop() -> None:
    session = session_of(KICK, RuntimeError("no more ideas"), bars=2)
    session.advance(Seconds(0.0))
    with pytest.raises(RuntimeError, match="no more ideas"):
        session.advance(Seconds(1.9))


def near_a_tick(tempo_qpm: float) -> float:
    """Return how near to a second something is known in ticks: what falls on its tick is left."""
    return 1.5 * 60 / tempo_qpm / PPQ


@given(
    nows=st.lists(st.floats(0, 8), max_size=20),
    tempos=st.lists(st.floats(30, 300), max_size=3),
)
@example(nows=[0, 0.107421875, 1], tempos=[32])
def test_nothing_is_committed_late_and_time_never_runs_backwards(
    nows: list[float], tempos: list[float]
) -> None:
    session = session_of(*[KICK, LONG] * 4)
    sent: list[TimedMessage] = []
    soonest, tempo_qpm = 0.0, 120.0
    for index, now in enumerate(sorted(nows)):
        messages = session.advance(Seconds(now))
        near = near_a_tick(tempo_qpm)
        assert all(soonest - near <= message.due_s for message in messages) or not index
        sent += messages
        soonest = now + LOOKAHEAD_S
        if index < len(tempos):
            near, tempo_qpm = max(near, near_a_tick(tempos[index])), tempos[index]
            session.apply(SetTempo(tempo_qpm), Seconds(now))
            soonest = now + TAKE_BACK_S
            if (serial := session.taken_back()) is not None:
                assert all(m.due_s >= soonest - near for m in sent if m.serial >= serial)
                sent = [each for each in sent if each.serial < serial]
    dues = [each.due_s for each in sent]
    assert dues == sorted(dues)


def starts(session: Session) -> list[float]:
    return [due for due, data in run(session) if data[0] == "9"]


RUSHING = Bar.of([Note(Ticks(-60), 38, Ticks(60), 100)])


def test_the_tempo_changes_within_the_first_bars_as_the_plan_has_it() -> None:
    told: list[Event] = []
    tempos = (((Ticks(960), 240.0),), (), ((Ticks(0), 60.0), (Ticks(1900), 30.0)))
    session = session_of(KICK, SNARE, KICK, RUSHING, KICK, tempos=tempos, tell=told.append)
    # Two quarters at 120, six at 240, then bars at 60, but for the last 20 ticks: they are at 30.
    end = 2.5 + 1900 / 480 + 20 / 240
    assert starts(session) == [0.0, 1.5, 2.5, round(2.5 + 1860 / 480, 6), round(end + 8, 6)]
    assert [each for each in told if isinstance(each, Tempo)] == [
        Tempo(Ticks(tick), tempo) for tick, tempo in ((960, 240.0), (3840, 60.0), (5740, 30.0))
    ]


def test_changes_of_tempo_belong_to_their_bar_however_late_it_is() -> None:
    tempos = ((), ((Ticks(0), 240.0),))
    assert starts(session_of(KICK, None, SNARE, KICK, tempos=tempos)) == [0.0, 2.0, 4.0, 5.0]


def test_often_or_seldom_makes_no_difference_to_changes_of_tempo() -> None:
    tempos = (((Ticks(100), 90.0), (Ticks(700), 200.0)), ((Ticks(1919), 33.0),))
    often, seldom = (session_of(KICK, LONG, RUSHING, KICK, tempos=tempos) for _ in range(2))
    steps = [m for step in range(2001) for m in often.advance(Seconds(step / 100))]
    assert [(m.due_s, m.data) for m in steps] == [
        (m.due_s, m.data) for step in range(41) for m in seldom.advance(Seconds(step / 2))
    ]


def test_a_tempo_that_is_asked_for_stays() -> None:
    tempos = ((), ((Ticks(0), 60.0), (Ticks(960), 240.0)), ((Ticks(0), 30.0),))
    session = session_of(KICK, SNARE, KICK, SNARE, tempos=tempos)
    session.advance(Seconds(1.9))  # the second bar is placed, and tick 1920 committed
    session.apply(SetTempo(120), Seconds(1.9))
    assert starts(session) == [2.0, 4.0, 6.0]


def test_a_faster_tempo_in_a_silence_is_woken_for() -> None:
    session = session_of(KICK, SNARE, tempos=(((Ticks(480), 400.0),),))
    while (wake := session.next_wake_s()) is not None:
        assert all(message.due_s > wake for message in session.advance(wake))
    assert session.bars_played == 2


class Laborious(ScriptedFeed):
    """A feed whose bars take 0.2 s each."""

    now_s = 0.0

    def __init__(self) -> None:
        super().__init__([])
        self._begun_s: dict[int, float] = {}

    def want(self, ask: Ask) -> None:
        self._begun_s.setdefault(ask.number, self.now_s)

    def take(self, ask: Ask) -> Bar | None:
        return KICK if self.now_s >= self._begun_s[ask.number] + 0.2 else None

    def drop(self) -> None:
        self._begun_s.clear()


def test_bars_that_hang_on_a_player_are_drafted_earlier_once_one_was_late() -> None:
    told: list[Event] = []
    feed = Laborious()
    interplay = Interplay(Name.ACCOMPANY)
    session = Session(
        feed, Transport(120), {0: Route()}, Plan(bars=6), told.append, interplay=interplay
    )
    while (wake := session.next_wake_s()) is not None:
        feed.now_s = wake
        session.advance(wake)
    assert [each.late for each in told if isinstance(each, Placed)] == [True] + [False] * 5
