"""A policy that raises or hangs in the middle of a jam, and the one that takes its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.events import Event, Failed
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.relief import FIRST_S, OVERDUE_S, Again, OnError, Relieved, SoFar
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Seconds
from tests.jam.scripts import CountingSource, numbered
from tests.jam.test_worker import Ready


class Hanging(CountingSource):
    """Make bars up to a number, and then never return."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def bar(self, ask: Ask) -> Bar:
        if ask.number >= self._after:
            threading.Event().wait()
        return super().bar(ask)


class Stage:
    """A feed, its clock, and what it has told."""

    def __init__(self, source: BarSource, again: Again | None, on_error: OnError) -> None:
        self.now_s = 0.0
        self.told: list[Event] = []
        self.made = Ready()
        self.margins = Margins()
        self.feed = Relieved(
            source,
            again,
            now=lambda: Seconds(self.now_s),
            margins=self.margins,
            wake=self.made,
            tell=self.told.append,
            on_error=on_error,
        )

    def take(self, number: int) -> Bar | None:
        """Have a bar made, or fail, and take it."""
        self.feed.want(Ask(number))
        self.made.wait(1)
        return self.feed.take(Ask(number))


@contextmanager
def relieved(
    source: BarSource, again: Again | None = None, on_error: OnError = OnError.PLAY
) -> Iterator[Stage]:
    stage = Stage(source, again, on_error)
    yield stage
    stage.feed.close()


def test_a_policy_that_raises_is_replaced_and_goes_on_from_the_music_so_far() -> None:
    asked: list[SoFar] = []

    def again(so_far: SoFar) -> BarSource:
        asked.append(so_far)
        return CountingSource()

    with relieved(CountingSource(fail_after=40), again) as stage:
        bars = [stage.take(number) for number in range(40)]
        assert bars == [numbered(number + 1) for number in range(40)]
        assert stage.take(40) is None
        stage.made.wait(1)
        assert stage.feed.take(Ask(40)) == numbered(41)
        assert stage.take(41) == numbered(42)
    assert stage.told == [Failed(40, "RuntimeError: out of bars", replaced=True)]
    assert asked == [SoFar(40, tuple(numbered(n + 1) for n in range(40 - FARTHEST, 40)))]
    assert stage.feed.failed == ""


@pytest.mark.parametrize("again", [lambda _so_far: CountingSource(fail_after=3), None])
def test_the_second_failure_is_told_once_and_bars_are_late_from_then_on(
    again: Again | None,
) -> None:
    with relieved(CountingSource(fail_after=2), again) as stage:
        assert [stage.take(number) for number in (0, 1, 2)] == [numbered(1), numbered(2), None]
        if again:
            stage.made.wait(1)
            assert [stage.feed.take(Ask(2)), stage.take(3)] == [numbered(3), None]
        number = 3 if again else 2
        assert [stage.feed.take(Ask(number)) for _ in range(3)] == [None] * 3
    why = "RuntimeError: out of bars"
    first = [Failed(2, why, replaced=True)] if again else []
    assert stage.told == [*first, Failed(number, why, replaced=False)]
    assert stage.feed.failed == why


def test_one_that_cannot_be_loaded_again_is_a_second_failure() -> None:
    def again(_so_far: SoFar) -> BarSource:
        raise OSError("no such file")

    with relieved(CountingSource(fail_after=1), again) as stage:
        assert [stage.take(0), stage.take(1)] == [numbered(1), None]
        stage.made.wait(1)
        assert stage.feed.take(Ask(1)) is None
    assert stage.feed.failed == "OSError: no such file"


def test_a_policy_that_hangs_is_replaced_once_its_bar_is_long_overdue() -> None:
    with relieved(Hanging(1), lambda _so_far: CountingSource()) as stage:
        assert stage.take(0) == numbered(1)
        stage.feed.want(Ask(1))
        for stage.now_s in (50.0, 50.0 + OVERDUE_S - 0.01):
            assert stage.feed.take(Ask(1)) is None
        assert stage.told == []
        stage.now_s = 50.0 + OVERDUE_S
        assert stage.feed.take(Ask(1)) is None
        stage.made.wait(1)
        assert stage.feed.take(Ask(1)) == numbered(2)
    assert stage.told == [Failed(1, "TimeoutError: no bar came for 10 s", replaced=True)]


def test_what_else_was_wanted_of_a_policy_that_failed_the_other_one_makes() -> None:
    with relieved(CountingSource(fail_after=1), lambda _so_far: CountingSource()) as stage:
        for number in range(4):
            stage.feed.want(Ask(number))
        stage.made.wait(2)
        assert [stage.feed.take(Ask(number)) for number in (0, 1)] == [numbered(1), None]
        stage.made.wait(3)
        bars = [stage.feed.take(Ask(number)) for number in (1, 2, 3)]
    assert bars == [numbered(2), numbered(3), numbered(4)]


def test_time_that_passed_before_a_bar_was_missed_counts_for_nothing() -> None:
    """As when the daemon is suspended for a night."""
    with relieved(Hanging(1), lambda _so_far: CountingSource()) as stage:
        assert stage.take(0) == numbered(1)
        stage.now_s = 30_000.0
        assert stage.feed.take(Ask(1)) is None
    assert stage.told == []


def test_bars_of_one_that_was_only_slow_are_played_after_all() -> None:
    with relieved(CountingSource(fail_after=1), None) as stage:
        stage.take(0)
        assert stage.take(1) is None
        stage.feed.drop()
        assert stage.take(2) == numbered(3)


def test_a_jam_that_is_to_stop_or_had_no_bar_yet_fails_with_what_was_raised() -> None:
    with (
        relieved(CountingSource(fail_after=0), lambda _so_far: CountingSource()) as stage,
        pytest.raises(RuntimeError, match="out of bars"),
    ):
        stage.take(0)
    with relieved(Hanging(0), lambda _so_far: CountingSource()) as stage:
        assert stage.feed.take(Ask(0)) is None
        stage.now_s = FIRST_S
        with pytest.raises(TimeoutError, match="no bar came for 20 s"):
            stage.feed.take(Ask(0))
    with relieved(CountingSource(fail_after=1), lambda _: CountingSource(), OnError.STOP) as stage:
        stage.take(0)
        with pytest.raises(RuntimeError, match="out of bars"):
            stage.take(1)


def test_margins_are_told_when_bars_were_ready() -> None:
    with relieved(CountingSource()) as stage:
        stage.now_s = 4.0
        stage.take(0)
        margin = stage.margins.placed(0, Seconds(9.5), 2.0)
        assert margin is not None
        assert margin.last_s == 5.5
