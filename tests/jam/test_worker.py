"""The worker: bars ahead of time, in order, and nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource, InlineFeed
from daw_bridge.jam.worker import Worker
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from tests.jam.scripts import CountingSource, numbered


class Ready:
    """Count the worker's calls, and wait for a number of them."""

    def __init__(self) -> None:
        self._calls = threading.Semaphore(0)

    def __call__(self, _number: int = 0) -> None:
        self._calls.release()

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self._calls.acquire(timeout=10)


@contextmanager
def working(source: BarSource) -> Iterator[tuple[Worker, Ready]]:
    ready = Ready()
    worker = Worker(source, on_ready=ready)
    worker.start()
    yield worker, ready
    assert worker.stop()


def want(worker: Worker, *numbers: int) -> None:
    for number in numbers:
        worker.want(Ask(number))


class Gated(CountingSource):
    """Make no bar before the gate is open; tell when one is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.gate = Ready(), threading.Event()

    def bar(self, ask: Ask) -> Bar:
        self.asked()
        assert self.gate.wait(10)
        return super().bar(ask)


def test_what_is_made_can_be_seen_before_it_is_taken() -> None:
    with working(CountingSource()) as (worker, ready):
        want(worker, 0, 1)
        ready.wait(2)
        assert worker.ahead() == {0: numbered(1), 1: numbered(2)}
        worker.take(Ask(0))
        assert worker.ahead() == {1: numbered(2)}
        worker.drop()
        assert worker.ahead() == {}


def test_bars_come_in_order_and_only_those_that_are_wanted_are_made() -> None:
    source = CountingSource()
    with working(source) as (worker, ready):
        want(worker, 0, 1, 0, 1)
        ready.wait(2)
        assert worker.take(Ask(0)) == numbered(1)
        want(worker, 1, 2)
        ready.wait(1)
        assert [worker.take(Ask(1)), worker.take(Ask(2))] == [numbered(2), numbered(3)]
    assert source.made == 3


def test_a_bar_that_is_not_ready_is_none_and_not_waited_for() -> None:
    source = Gated()
    with working(source) as (worker, ready):
        want(worker, 0)
        source.asked.wait(1)
        assert worker.take(Ask(0)) is None
        source.gate.set()
        ready.wait(1)
        assert worker.take(Ask(0)) == numbered(1)


def test_what_the_source_raised_is_raised_after_the_bars_before_it() -> None:
    with working(CountingSource(fail_after=1)) as (worker, ready):
        want(worker, 0, 1, 2)
        ready.wait(2)
        assert worker.take(Ask(0)) == numbered(1)
        for number in (1, 2):
            with pytest.raises(RuntimeError, match="out of bars"):
                worker.take(Ask(number))


def test_what_is_dropped_while_it_is_being_made_goes_nowhere() -> None:
    source = Gated()
    with working(source) as (worker, ready):
        want(worker, 0, 1, 2)
        source.asked.wait(1)
        worker.drop()
        want(worker, 1)
        source.gate.set()
        ready.wait(1)
        assert [worker.take(Ask(number)) for number in (0, 1, 2)] == [None, numbered(2), None]
    assert source.made == 1  # the other was made from where it was left


def test_a_failure_is_dropped_as_a_bar_is() -> None:
    source = CountingSource(fail_after=0)
    with working(source) as (worker, ready):
        want(worker, 0)
        ready.wait(1)
        worker.drop()
        assert worker.take(Ask(0)) is None
        want(worker, 5)
        ready.wait(1)
        assert worker.take(Ask(5)) == numbered(6)


def test_virtual_time_has_no_late_bars() -> None:
    feed = InlineFeed(CountingSource())
    assert [feed.take(Ask(0)), feed.take(Ask(1))] == [numbered(1), numbered(2)]


def test_in_virtual_time_too_a_bar_is_made_as_it_was_wanted_first() -> None:
    class Measured(CountingSource):
        def bar(self, ask: Ask) -> Bar:
            return Bar(meter=ask.meter)

    feed, waltz = InlineFeed(Measured()), Meter(3, 4)
    for meter in (waltz, Meter()):
        feed.want(Ask(0, meter=meter))
    assert feed.take(Ask(0)) == Bar(meter=waltz)
    feed.want(Ask(1, meter=waltz))
    feed.drop()
    assert feed.take(Ask(1)) == Bar(meter=Meter())


def test_what_another_made_is_heard_before_the_next_bar_and_what_was_made_is_dropped() -> None:
    source = Gated()
    with working(source) as (worker, ready):
        want(worker, 0, 1)
        source.asked.wait(1)
        worker.hear(0, numbered(9))  # while it is made
        worker.hear(1, numbered(8))
        want(worker, 2)
        source.gate.set()
        ready.wait(1)
        assert source.heard == [(0, numbered(9)), (1, numbered(8))]  # a copy has the same list
        assert [worker.take(Ask(number)) for number in range(3)] == [None, None, numbered(3)]


class Counting:
    """Make bars as loud as those it has made and heard before, each by its number."""

    def __init__(self) -> None:
        self.so_far: tuple[int, ...] = ()

    def __copy__(self) -> Counting:
        other = Counting()
        other.so_far = self.so_far
        return other

    def bar(self, ask: Ask) -> Bar:
        self.so_far = (*self.so_far, ask.number)
        return numbered(10 * len(self.so_far) + ask.number)

    def hear(self, number: int, bar: Bar | None) -> None:
        self.so_far = (*self.so_far, 100 + number)


def so_far(worker: Worker) -> tuple[int, ...]:
    """Return what made a worker's bars up to where it was left."""
    assert worker.left is not None
    source = worker.left.source()
    assert isinstance(source, Counting)
    return source.so_far


def test_what_a_player_played_is_heard_as_it_is_asked_for() -> None:
    with working(Counting()) as (worker, ready):
        want(worker, 0)
        ready.wait(1)
        worker.take(Ask(0))
        worker.hear_player(Ask(0, heard=numbered(9), hears=True))
        worker.hear(1, numbered(9))
        assert so_far(worker) == (0, 0, 101)


@pytest.mark.parametrize("made", [1, 2, 3])
def test_what_was_made_ahead_and_dropped_leaves_nothing_behind(made: int) -> None:
    with working(Counting()) as (worker, ready):
        want(worker, *range(made))
        ready.wait(made)
        assert worker.take(Ask(0)) == numbered(10)
        worker.drop()
        want(worker, 1)
        ready.wait(1)
        assert worker.take(Ask(1)) == numbered(21)


def test_where_a_source_was_left_does_not_hang_on_how_far_ahead_it_is() -> None:
    with working(Counting()) as (worker, ready):
        want(worker, 0, 1, 2)
        ready.wait(3)
        assert worker.left is None
        worker.take(Ask(0))
        assert so_far(worker) == (0,)
        worker.hear(1, numbered(9))
        worker.hear(2, numbered(9))
        assert so_far(worker) == (0, 101, 102)
        want(worker, 3)
        ready.wait(1)
        assert so_far(worker) == (0, 101, 102)
        worker.take(Ask(3))
        assert so_far(worker) == (0, 101, 102, 3)
