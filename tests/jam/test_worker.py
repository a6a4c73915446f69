"""The worker: bars ahead of time, in order, and nothing left running."""

from __future__ import annotations

import threading

import pytest

from daw_bridge.jam.worker import InlineFeed, Worker
from daw_bridge.music.notes import Bar
from tests.jam.scripts import CountingSource, numbered


class Ready:
    """Count the worker's calls, and wait for a number of them."""

    def __init__(self) -> None:
        self._calls = threading.Semaphore(0)

    def __call__(self) -> None:
        self._calls.release()

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self._calls.acquire(timeout=10)


def test_bars_come_in_order_and_no_more_than_asked_are_made_ahead() -> None:
    ready, source = Ready(), CountingSource()
    worker = Worker(source, ahead=2, on_ready=ready)
    worker.start()
    ready.wait(2)
    assert source.made == 2
    assert worker.take() == numbered(1)
    ready.wait(1)
    assert [worker.take(), worker.take()] == [numbered(2), numbered(3)]
    assert worker.stop()


def test_a_bar_that_is_not_ready_is_none_and_not_waited_for() -> None:
    gate, ready = threading.Event(), Ready()

    class Slow(CountingSource):
        def next_bar(self) -> Bar:
            gate.wait(10)
            return super().next_bar()

    worker = Worker(Slow(), on_ready=ready)
    worker.start()
    assert worker.take() is None
    gate.set()
    ready.wait(1)
    assert worker.take() == numbered(1)
    assert worker.stop()


def test_what_the_source_raised_is_raised_after_the_bars_before_it() -> None:
    ready = Ready()
    worker = Worker(CountingSource(fail_after=1), on_ready=ready)
    worker.start()
    ready.wait(2)
    assert worker.take() == numbered(1)
    with pytest.raises(RuntimeError, match="out of bars"):
        worker.take()
    assert worker.stop()


def test_virtual_time_has_no_late_bars() -> None:
    feed = InlineFeed(CountingSource())
    assert [feed.take(), feed.take()] == [numbered(1), numbered(2)]
