"""One feed takes over from another on a bar line, and no bar is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Left
from daw_bridge.jam.handover import Handover, Made
from daw_bridge.jam.relief import SoFar
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from tests.jam.scripts import CountingSource, numbered

WALTZ = Meter(3, 4)


class Player:
    """A feed whose bars are there when a test says so, as loud as `base` and their number."""

    def __init__(self, base: int, *, ready: bool = True) -> None:
        self.base, self.ready = base, ready
        self.error: Exception | None = None
        self.wanted: list[Ask] = []
        self.heard: list[tuple[int, Bar]] = []
        self.players: list[Ask] = []
        self.closed, self.failed = False, ""
        self.left = Left(CountingSource())

    def want(self, ask: Ask) -> None:
        self.wanted.append(ask)

    def take(self, ask: Ask) -> Bar | None:
        assert not self.closed
        if self.error is not None:
            raise self.error
        return Bar(numbered(self.base + ask.number).notes, ask.meter) if self.ready else None

    def ahead(self) -> dict[int, Bar]:
        return {ask.number: numbered(self.base + ask.number) for ask in self.wanted if self.ready}

    def hear(self, number: int, bar: Bar) -> None:
        self.heard.append((number, bar))
        self.wanted.clear()

    def hear_player(self, ask: Ask) -> None:
        self.players.append(ask)
        self.wanted.clear()

    def drop(self) -> None:
        self.wanted.clear()

    def close(self, timeout_s: float = 1.0) -> None:
        assert timeout_s == 0, "the music waits for it"
        self.closed = True


class Stage:
    """A handover, and all that was told and begun."""

    def __init__(self) -> None:
        self.first, self.coming = Player(10), Player(50, ready=False)
        self.told: list[object] = []
        self.begun: list[SoFar] = []
        self.left: Left | None = None
        self.feed = Handover[str, str](
            self.first, "first", over=self.told.append, refused=lambda *why: self.told.append(why)
        )

    def begin(self, so_far: SoFar) -> Player:
        self.left = so_far.left
        self.begun.append(replace(so_far, left=None))
        return self.coming

    def take(self, number: int) -> int | None:
        """Want two bars and take the first; give its number."""
        for each in (number, number + 1):
            self.feed.want(Ask(each))
        bar = self.feed.take(Ask(number))
        return None if bar is None else bar.notes[0].velocity


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_until_the_new_one_has_a_bar_the_old_one_plays_and_the_new_one_hears(stage: Stage) -> None:
    assert stage.take(0) == 10
    stage.feed.go_over(stage.begin, "second", "why")
    assert stage.begun == [SoFar(1, (numbered(10),))]
    assert stage.left is stage.first.left
    assert [ask.number for ask in stage.coming.wanted] == [1]
    assert [stage.take(1), stage.take(2)] == [11, 12]
    assert stage.coming.heard == [(1, numbered(11))]
    assert not stage.feed.overtakes()  # it may yet make the bar that was taken last
    stage.feed.stay()
    assert stage.coming.heard == [(1, numbered(11)), (2, numbered(12))]
    assert [ask.number for ask in stage.coming.wanted] == [3]
    assert (stage.told, stage.feed.by) == ([], "first")
    stage.coming.ready = True
    assert stage.take(3) == 53
    assert (stage.told, stage.feed.by, stage.first.closed) == ([("why",)], "second", True)
    assert stage.take(4) == 54


def test_a_bar_that_is_asked_for_once_more_is_of_the_one_to_come(stage: Stage) -> None:
    """Another turn has come in its place: the one to come begins there, and not one bar later."""
    assert [stage.take(0), stage.take(1)] == [10, 11]
    stage.feed.go_over(stage.begin, "second", "why", undo=2)
    assert stage.begun == [SoFar(2, (), 2)]
    sooner, stage.coming = stage.coming, Player(70)
    stage.feed.drop()
    stage.feed.want(Ask(1))
    assert sooner.closed
    assert stage.begun[1:] == [SoFar(1, (), 1)]
    assert stage.feed.take(Ask(1)) == numbered(71)
    assert (stage.told, stage.feed.by) == ([("why",)], "second")


def test_what_comes_begins_with_a_bar_that_was_asked_for_once_more_before(stage: Stage) -> None:
    assert [stage.take(0), stage.take(1)] == [10, 11]
    stage.feed.drop()
    stage.feed.want(Ask(1))
    stage.feed.go_over(stage.begin, "second", "why", undo=2)
    assert stage.begun == [SoFar(1, (), 1)]
    assert [ask.number for ask in stage.coming.wanted] == [1]
    stage.coming.ready = True
    assert stage.take(1) == 51


def test_what_comes_next_is_of_the_new_one_once_it_has_a_bar(stage: Stage) -> None:
    stage.feed.want(Ask(0))
    stage.feed.want(Ask(1))
    assert stage.feed.ahead() == {0: numbered(10), 1: numbered(11)}
    stage.feed.go_over(stage.begin, "second", "why")
    assert stage.feed.ahead() == {0: numbered(10), 1: numbered(11)}
    stage.coming.ready = True
    assert stage.feed.ahead() == {0: numbered(50), 1: numbered(51)}


def test_who_made_a_bar_is_known(stage: Stage) -> None:
    stage.take(0)
    stage.coming.ready = True
    stage.feed.go_over(stage.begin, "second", "why")
    stage.take(1)
    assert stage.feed.made(0) == Made(0, numbered(10), None, "first")
    assert stage.feed.made(1) == Made(1, numbered(51), None, "second")
    assert stage.feed.made(2) is None
    assert stage.feed.made(-1) is None


def test_what_comes_later_takes_along_what_was_to_come(stage: Stage) -> None:
    stage.take(0)
    stage.take(1)
    stage.feed.go_over(stage.begin, "second", "meter", meter=WALTZ, undo=1)
    assert {ask.meter for ask in stage.coming.wanted} == {WALTZ}
    before, stage.coming = stage.coming, Player(70)
    stage.feed.go_over(stage.begin, "third", "top_p")
    assert before.closed
    assert stage.begun == [SoFar(2, (numbered(10),), 1)] * 2
    assert {ask.meter for ask in stage.coming.wanted} == {WALTZ}
    bar = stage.feed.take(Ask(2))
    assert bar is not None
    assert bar.meter == WALTZ
    assert (stage.told, stage.feed.by) == ([("meter", "top_p")], "third")


def test_what_was_wanted_before_is_taken_as_the_new_one_was_asked_for_it(stage: Stage) -> None:
    stage.take(0)
    stage.coming.ready = True
    stage.feed.go_over(stage.begin, "second", "meter", meter=WALTZ)
    for number in (1, 2):
        stage.feed.want(Ask(number))
    for number in (1, 2):
        bar = stage.feed.take(Ask(number))
        assert bar is not None
        assert bar.meter == WALTZ


def test_a_bar_is_undone_only_on_the_next_bar_line(stage: Stage) -> None:
    stage.take(0)
    stage.take(1)
    stage.feed.go_over(stage.begin, "second", "undo", undo=1)
    stage.take(2)  # by the first, after which it is too late
    stage.feed.go_over(stage.begin, "third", "top_p")
    assert stage.begun[1] == SoFar(3, tuple(numbered(10 + each) for each in range(3)))


def test_a_bar_that_was_taken_before_the_new_one_had_it_may_be_taken_again(stage: Stage) -> None:
    stage.take(0)
    stage.feed.go_over(stage.begin, "second", "why")
    assert stage.take(1) == 11
    stage.coming.ready = True
    assert stage.feed.overtakes()
    assert (stage.take(1), stage.feed.by, stage.coming.heard) == (51, "second", [])


def test_what_is_dropped_may_still_be_taken_again(stage: Stage) -> None:
    stage.take(0)
    stage.take(1)
    stage.feed.go_over(stage.begin, "second", "why", back=1)
    stage.feed.drop()
    assert [ask.number for ask in stage.coming.wanted] == [1]


def test_what_is_heard_from_elsewhere_drops_what_was_wanted(stage: Stage) -> None:
    stage.take(0)
    stage.feed.hear(1, numbered(99))
    stage.feed.want(Ask(2))
    stage.feed.hear(1, numbered(98))
    stage.feed.want(Ask(2))
    assert [ask.number for ask in stage.first.wanted] == [2]


def test_a_players_bar_is_heard_by_the_new_one_as_he_played_it_and_not_as_the_old_one_has_it(
    stage: Stage,
) -> None:
    """Its voices are channels: what another model has made of them says nothing to this one."""
    played, whole = (Ask(1, heard=numbered(each), hears=True) for each in (3, 4))
    stage.take(0)
    stage.feed.drop()
    stage.feed.go_over(stage.begin, "second", "why")
    stage.feed.want(played)
    assert stage.feed.take(played) == numbered(11)
    stage.feed.stay()
    assert (stage.coming.players, stage.coming.heard) == ([played], [])
    stage.feed.hear_player(whole)
    assert (stage.first.players, stage.coming.players) == ([whole], [played, whole])
    assert stage.feed.made(1) == Made(1, numbered(11), numbered(4), "first", whole)
    assert stage.feed.number == 2


def test_bars_are_wanted_of_the_new_one_in_their_order(stage: Stage) -> None:
    """A bar that was taken back is wanted last, and made first."""
    assert [stage.take(0), stage.take(1)] == [10, 11]
    stage.feed.want(Ask(1))
    stage.feed.go_over(stage.begin, "second", "why")
    assert [ask.number for ask in stage.coming.wanted] == [1, 2]


def test_how_many_bars_the_new_one_makes_once_more(stage: Stage) -> None:
    assert [stage.take(0), stage.take(1), stage.feed.back] == [10, 11, 0]
    stage.feed.go_over(stage.begin, "second", "why", back=1)
    assert stage.feed.back == 1
    stage.feed.stay()
    assert stage.feed.back == 0
    stage.coming.ready = True
    assert stage.feed.overtakes()  # with the bar that comes next, and not the one before


def test_a_draft_that_is_made_again_is_not_heard_by_the_new_one(stage: Stage) -> None:
    """It is nothing that was played: the one to come begins with the bar of its number."""
    assert [stage.take(0), stage.take(1)] == [10, 11]
    stage.feed.drop()
    stage.feed.want(Ask(1))
    stage.feed.go_over(stage.begin, "second", "why")
    stage.feed.stay()
    assert stage.coming.heard == []
    assert [ask.number for ask in stage.coming.wanted] == [1]
    assert [stage.take(1), stage.take(2)] == [11, 12]
    assert stage.coming.heard == [(1, numbered(11))]
    stage.coming.ready = True
    assert stage.take(3) == 53


def test_a_bar_that_was_taken_is_taken_again_once_the_new_one_has_it(stage: Stage) -> None:
    stage.take(0)
    stage.take(1)
    stage.feed.go_over(stage.begin, "second", "why", back=1)
    assert stage.begun == [SoFar(1, (numbered(10),))]
    assert [ask.number for ask in stage.coming.wanted] == [1, 2]
    assert not stage.feed.overtakes()
    stage.coming.ready = True
    assert (stage.feed.overtakes(), stage.told) == (True, [])
    assert (stage.take(1), stage.take(2)) == (51, 52)
    assert (stage.told, stage.feed.number, stage.feed.by) == ([("why",)], 3, "second")
    assert stage.coming.heard == []
    assert not stage.feed.overtakes()


@pytest.mark.parametrize("told", [True, False])
def test_a_bar_that_is_not_taken_again_is_heard_by_the_new_one(stage: Stage, told: bool) -> None:
    stage.take(0)
    stage.take(1)
    stage.feed.go_over(stage.begin, "second", "why", back=1)
    if told:
        stage.feed.stay()
        assert stage.coming.heard == [(1, numbered(11))]
    assert stage.take(2) == 12
    assert stage.coming.heard == [(1, numbered(11))]
    stage.feed.stay()
    assert stage.coming.heard == [(1, numbered(11)), (2, numbered(12))]
    stage.coming.ready = True
    assert stage.take(3) == 53


def test_one_that_fails_is_refused_and_the_old_one_plays_on(stage: Stage) -> None:
    stage.take(0)
    stage.feed.go_over(stage.begin, "second", "model")
    stage.coming.error = error = RuntimeError("out of ideas")
    assert [stage.take(1), stage.take(2)] == [11, 12]
    assert stage.told == [(("model",), error)]
    assert stage.coming.closed
    assert stage.coming.heard == []


def test_the_old_one_that_fails_is_not_hidden_by_the_new_one(stage: Stage) -> None:
    stage.take(0)
    stage.feed.go_over(stage.begin, "second", "model")
    stage.first.error = RuntimeError("out of ideas")
    with pytest.raises(RuntimeError):
        stage.take(1)
    stage.coming.ready = True
    assert stage.take(1) == 51


def test_bars_that_are_made_again_are_known_once(stage: Stage) -> None:
    for number in (0, 1, 2):
        stage.take(number)
    stage.feed.drop()
    assert stage.first.wanted == []
    assert stage.take(1) == 11
    assert stage.feed.number == 2
    stage.feed.go_over(stage.begin, "second", "why")
    assert stage.begun == [SoFar(2, (numbered(10), numbered(11)))]


def test_a_bar_that_was_only_heard_counts_as_one_that_was_taken(stage: Stage) -> None:
    stage.take(0)
    stage.feed.hear(1, numbered(99))
    assert stage.first.heard == [(1, numbered(99))]
    assert stage.feed.number == 2
    stage.feed.go_over(stage.begin, "second", "why")
    assert stage.begun == [SoFar(2, (numbered(10), numbered(99)))]
    stage.feed.hear(2, numbered(98))  # before it has a bar
    assert stage.coming.heard == [(2, numbered(98))]
