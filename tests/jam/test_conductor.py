"""Bars as a mode has them: what is asked for when, and what is placed."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.jam.again import Again, again_of
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.conductor import Conductor, Times
from daw_bridge.jam.events import Event, HeardBar
from daw_bridge.jam.lately import Put
from daw_bridge.jam.modes import Interplay, Name
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.form import Kind, Label
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

BAR = Meter().bar_length()
DRAFT, CLOSE, LAST = 300, 100, 30
"""Ticks before a bar line."""


class Slow:
    """A feed that is slow when a test says so; bars are as loud as what was heard is dense.

    One after the other, each takes `lasts` ticks, also where it is dropped while it is made.
    """

    def __init__(self, lasts: int = 0) -> None:
        self.now = self.busy_until = 0
        self.lasts = lasts
        self.ready_at: dict[int, int] = {}
        self.asked: deque[Ask] = deque()
        self.all: list[Ask] = []
        self.players: list[tuple[int, int]] = []
        self.slow: list[Ask] = []
        self.told: list[tuple[int, int]] = []
        self.is_slow = False

    def want(self, ask: Ask) -> None:
        self.asked.append(ask)
        if self.is_slow:
            self.slow.append(ask)
        self.all.append(ask)
        self.busy_until = max(self.now, self.busy_until) + (0 if ask.hears else self.lasts)
        self.ready_at[ask.number] = self.busy_until

    def take(self, ask: Ask) -> Bar | None:
        if (self.is_slow and ask in self.slow) or self.now < self.ready_at[ask.number]:
            return None
        assert ask in self.asked
        if ask.hears:
            return ask.heard
        notes = 0 if ask.found is None else round(ask.found.density * 2)
        return Bar.of([Note(Ticks(0), 36, Ticks(100), 1 + notes)])

    def ahead(self) -> dict[int, Bar]:
        return {ask.number: self.take(ask) for ask in self.asked if ask not in self.slow}

    def drop(self) -> None:
        self.asked.clear()

    def hear(self, number: int, bar: Bar) -> None:
        self.told.append((number, bar.notes[0].velocity - 1))

    def hear_player(self, ask: Ask) -> None:
        assert ask.heard is not None
        self.players.append((ask.number, len(ask.heard.notes)))

    def close(self, timeout_s: float = 1.0) -> None:
        raise AssertionError("nothing is closed")


class Jam:
    """A conductor that is told of the time in steps of a 32nd, and what it placed."""

    def __init__(
        self, mode: str, *, drafts: tuple[int, ...] = (DRAFT,), lasts: int = 0, **said: object
    ) -> None:
        self.feed = Slow(lasts)
        self.drafts = drafts
        self.events: list[Event] = []
        interplay = Interplay(Name(mode), **said)  # type: ignore[arg-type]
        self.conductor = Conductor(interplay.made(), self.feed, self.events.append)
        self.placed: list[str] = []
        self.at: list[int] = []
        self.line = Ticks(0)

    def play(self, bars: float, *notes: tuple[int, int, int], slow: range = range(0)) -> str:
        """Play on, with notes (start, end, pitch); give what was placed, a letter a bar."""
        script = deque(
            sorted(
                event
                for start, end, pitch in notes
                for event in ((start, 1, note_on(0, pitch, 80)), (end, 0, note_off(0, pitch)))
            )
        )
        for now in range(0, round(bars * BAR), 10):
            while script and script[0][0] <= now:
                tick, _, data = script.popleft()
                self.conductor.hear(Ticks(tick), data)
            self.feed.is_slow, self.feed.now = now in slow, now
            while self.line < bars * BAR and self.due(now) and self.advance(Ticks(now)):
                pass
        return " ".join(self.placed)

    def due(self, now: int) -> bool:
        return self.conductor.hears or now >= self.line - 200

    def advance(self, now: Ticks) -> bool:
        line = self.line
        drafts = tuple(Ticks(line - before) for before in self.drafts)
        times = Times(drafts, Ticks(line - CLOSE), Ticks(line - LAST))
        made = self.conductor.advance(now, line, Meter(), times)
        if made is None:
            assert self.conductor.next_tick(times) > now or now >= line - CLOSE
            return False
        bar = made.bar
        loud = "late" if bar is None else str(bar.notes[0].velocity - 1) if bar.notes else "-"
        self.placed.append(loud)
        self.at.append(line - now)
        self.line = Ticks(line + BAR)
        return True

    def answers(self) -> list[Ask]:
        return [ask for ask in self.feed.all if not ask.hears]


QUARTERS = [(n * 480, n * 480 + 400, 60) for n in range(8)]


def test_an_answer_is_made_with_all_that_was_heard():
    jam = Jam("call-response", bars=2, count_in=0)
    assert jam.play(5, *QUARTERS) == "- - 8 8 -"
    heard = [event for event in jam.events if isinstance(event, HeardBar)]
    assert [(event.tick, len(event.bar.notes)) for event in heard] == [(0, 4), (BAR, 4)]


def test_the_answer_is_seen_before_it_sounds():
    jam = Jam("call-response", bars=2, count_in=0)
    jam.play(1.5, *QUARTERS)
    assert list(jam.conductor.ahead()) == []  # he plays
    jam = Jam("call-response", bars=2, count_in=0)
    assert jam.play(2.5, *QUARTERS) == "- - 8"
    (coming,) = jam.conductor.ahead()
    assert coming.notes[0].velocity - 1 == 8


def test_what_ends_shortly_before_the_bar_line_is_in_the_answer():
    jam = Jam("call-response", bars=1, count_in=0)
    last = (BAR - CLOSE - 70, BAR - CLOSE - 10, 60)  # after the draft
    assert jam.play(3, (0, 400, 60), last) == "- 4 -"
    drafted, final = jam.answers()[:2]
    assert drafted.found
    assert final.found
    assert (drafted.found.density, final.found.density) == (1, 2)


def test_a_draft_is_played_where_the_answer_is_not_ready():
    jam = Jam("call-response", bars=1, count_in=0)
    last = (BAR - CLOSE - 70, BAR - CLOSE - 10, 60)
    slow = range(BAR - CLOSE, BAR)
    assert jam.play(2, (0, 400, 60), last, slow=slow) == "- 2"
    assert jam.at[1] == LAST
    assert jam.feed.players == [(0, 2)]  # the source heard all,
    assert jam.feed.told == [(1, 2)]  # and goes on from what sounds


DRAFTS = (700, 350, 200)
SIXTEENTHS = [(n * 120, n * 120 + 110, 60) for n in range(16)]


@pytest.mark.parametrize(
    ("lasts", "at", "heard"),
    [
        (0, CLOSE, 16),  # all that was played
        (60, 40, 16),
        (90, LAST, 15),  # the last draft
        (290, LAST, 14),
        (600, LAST, 11),  # the first one
    ],
)
def test_a_bar_hears_as_much_as_there_is_time_for(lasts, at, heard):
    jam = Jam("call-response", drafts=DRAFTS, lasts=lasts, bars=1, count_in=0)
    assert jam.play(2, *SIXTEENTHS) == f"- {2 * heard}"
    assert jam.at[1] == at


@given(st.integers(0, DRAFTS[0] - LAST - 10), st.lists(st.integers(0, 50), min_size=48))
def test_no_bar_is_late_that_one_draft_has_time_for(lasts, moved):
    """What is being made is not dropped for what would hear more and come too late."""
    jam = Jam("accompany", drafts=DRAFTS, lasts=lasts)
    notes = [(n * 120 + at, n * 120 + at + 60, 60) for n, at in enumerate(moved)]
    _first, *others = jam.play(6, *notes).split()
    assert "late" not in others


def test_a_call_is_heard_once_though_its_answer_is_asked_for_after_its_end():
    """A draft that is ready only after all was heard: the answer has the whole call around it."""
    jam = Jam("call-response", drafts=(CLOSE + 20,), lasts=60, bars=2, count_in=0)
    last = (2 * BAR - CLOSE - 15, 2 * BAR - CLOSE - 5, 60)  # after the draft
    jam.play(2.5, *QUARTERS[:5], last)
    first = [ask for ask in jam.answers() if ask.number == 2]
    assert len(first) == 2
    assert first[-1].heard
    assert first[-1].found
    assert len(first[-1].heard.notes) == 4  # of the call's first bar
    assert first[-1].found.density == (4 + 2) / 2


def test_an_answer_without_even_a_draft_is_late_and_comes_later():
    jam = Jam("call-response", bars=2, count_in=0)
    slow = range(2 * BAR - DRAFT, 2 * BAR)
    assert jam.play(4, *QUARTERS, slow=slow) == "- - late 8"


def test_a_player_is_heard_beat_by_beat():
    jam = Jam("call-response", bars=1, count_in=0)
    jam.play(2, *QUARTERS[:4])
    heard = [len(ask.heard.notes) for ask in jam.feed.all if ask.hears and ask.heard]
    assert heard == [1, 2, 3, 4, 4]  # the last one longer, at last
    assert {ask.number for ask in jam.feed.all if ask.hears} == {0}


def test_the_answer_takes_up_the_call_and_the_music_around_it_is_the_calls():
    jam = Jam("call-response", bars=2, count_in=0)
    jam.play(4, *QUARTERS[:5])
    first, second = (next(a for a in reversed(jam.answers()) if a.number == n) for n in (2, 3))
    assert first.label
    assert (first.label.kind, first.label.back) == (Kind.VARIED, 2)
    assert second.label
    assert second.label.kind is Kind.UNKNOWN
    assert first.heard
    assert second.heard
    assert (len(first.heard.notes), len(second.heard.notes)) == (4, 1)
    assert not first.accompanies


def test_who_accompanies_hears_the_last_bar_and_plays_on():
    jam = Jam("accompany")
    assert jam.play(4, *QUARTERS) == "0 8 8 4"  # twice the mean of the last two bars
    last = jam.answers()[-1]
    assert last.accompanies
    assert last.heard is not None


def test_a_call_that_is_kept_sounds_again():
    jam = Jam("call-response", bars=1, count_in=0, again=True)
    assert jam.play(3, *QUARTERS[:4]) == "- 79 8"


def test_a_loop_that_is_kept_comes_again():
    jam = Jam("loop", bars=2)
    assert jam.play(2) == "0 0"
    jam.conductor.keep()
    jam.placed.clear()
    asked = len(jam.feed.all)
    jam.play(4)
    assert all(ask.ours for ask in jam.feed.all[asked:])
    assert len(jam.feed.all) == asked + 2


def test_a_loop_that_is_kept_comes_again_wherever_a_daw_goes_and_in_variations():
    jam = Jam("loop", bars=2)
    jam.play(2)
    jam.conductor.keep()
    asked = len(jam.feed.all)
    jam.conductor.begin_again()
    jam.play(4)
    assert all(ask.ours for ask in jam.feed.all[asked:])
    asked = len(jam.feed.all)
    jam.conductor.change(Interplay(Name.VARY, bars=2).made())
    jam.play(6)
    labels = {ask.label for ask in jam.feed.all[asked:] if not ask.hears}
    assert labels == {Label(Kind.VARIED, 2)}


def test_what_follows_on_a_loop_that_is_kept_is_asked_for_at_once():
    jam = Jam("vary", bars=2)
    jam.play(2)
    jam.conductor.keep()
    asked = len(jam.feed.all)
    jam.conductor.want_ahead(Meter())
    assert [ask.label for ask in jam.feed.all[asked:]] == [Label(Kind.VARIED, 2)] * 2


def test_another_mode_begins_with_the_next_bar():
    jam = Jam("call-response", bars=1, count_in=0)
    assert jam.play(1) == "-"
    jam.conductor.change(Interplay().made())
    assert jam.play(3) == "- 0 0"


def test_a_player_whose_turn_is_over_before_he_was_heard_leaves_no_bar_out():
    jam = Jam("call-response", bars=2, count_in=0)
    assert jam.play(1.1, *QUARTERS) == "- -"
    jam.conductor.change(Interplay(Name.ACCOMPANY).made())
    jam.play(4)
    assert {ask.number for ask in jam.feed.all if ask.hears} == {0}
    assert {ask.number for ask in jam.feed.all} == {0, 1, 2}


def test_a_players_bar_that_is_taken_back_is_so_once():
    jam = Jam("call-response", bars=2, count_in=0)
    jam.play(1.1, *QUARTERS)
    jam.conductor.go_back(0)
    jam.conductor.change(Interplay(Name.ACCOMPANY).made())
    assert jam.conductor.number == 0


def test_who_is_followed_is_heard_bar_by_bar_so_that_another_mode_knows_what_he_played():
    jam = Jam("follow")
    assert jam.play(3, *QUARTERS) == "- - -"
    heard = [ask.heard for ask in jam.feed.all if ask.hears and ask.heard is not None]
    assert [len(bar.notes) for bar in heard] == [0, 4, 4]
    assert not jam.answers()


def test_who_goes_back_to_before_a_bar_asks_for_it_once_more_and_for_nothing_twice():
    jam = Jam("call-response", bars=1, count_in=0)
    assert jam.play(2, *QUARTERS[:4]) == "- 8"
    before, answer = jam.conductor.before, jam.answers()[-1]
    assert before is not None
    assert (before.number, before.waits_for) == (1, answer.number)
    jam.feed.drop()
    asked = len(jam.feed.all)
    before.want_again()
    assert jam.feed.all[asked:] == [answer]
    before.want_again()
    before.want_ahead(Meter())
    assert {ask.number for ask in jam.feed.all[asked:]} == {answer.number}
    jam.conductor, jam.line = before, Ticks(BAR)
    jam.placed.pop()
    assert jam.advance(Ticks(BAR))
    assert jam.placed == ["-", "8"]


def test_a_bar_comes_again_only_until_the_next_one_is_drafted():
    jam = Jam("accompany")
    jam.play(2, *QUARTERS)
    put = Put(Ticks(BAR), Bar(), {}, 1)
    assert again_of(put, jam.conductor, 0, in_song=False) == Again(Ticks(BAR), 1)
    jam.play(2.9, *QUARTERS)  # it hangs on the one that is heard
    assert again_of(put, jam.conductor, 0, in_song=False) is None


def test_before_a_bar_that_is_not_made_nothing_was_taken():
    jam = Jam("call-response", bars=2, count_in=0)
    assert jam.play(2, *QUARTERS) == "- -"
    before = jam.conductor.before
    assert before is not None
    assert (before.waits_for, before.hears) == (None, True)
    assert before.number == jam.conductor.number - 1
