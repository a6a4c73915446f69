"""Watchers are told of everything, and none of them can hurt the music."""

from __future__ import annotations

import threading

import pytest

from daw_bridge.daemon import watching
from daw_bridge.daemon.watching import telling
from daw_bridge.jam.events import Event, Lost

EVENTS = [Lost(str(number)) for number in range(5)]


@pytest.mark.parametrize("live", [False, True])
def test_every_watcher_is_told_of_every_event_in_order(*, live: bool) -> None:
    one, other = list[Event](), list[Event]()
    with telling([one.append, other.append], live=live) as tell:
        for event in EVENTS:
            tell(event)
    assert one == other == EVENTS


def test_a_slow_watcher_holds_up_neither_the_music_nor_another() -> None:
    gate, done = threading.Event(), threading.Event()
    slow, other = list[Event](), list[Event]()

    def wait(event: Event) -> None:
        assert gate.wait(10)
        slow.append(event)

    def take(event: Event) -> None:
        other.append(event)
        if event is EVENTS[-1]:
            done.set()

    with telling([wait, take], live=True) as tell:
        for event in EVENTS:
            tell(event)
        assert done.wait(10)
        assert (slow, other) == ([], EVENTS)
        gate.set()
    assert slow == EVENTS


def test_a_watcher_that_raises_is_told_no_more_and_what_it_raised_comes_out_in_the_end() -> None:
    calls, other = list[Event](), list[Event]()

    def fail(event: Event) -> None:
        calls.append(event)
        raise LookupError("no terminal")

    def play() -> None:
        with telling([fail, other.append], live=True) as tell:
            for event in EVENTS:
                tell(event)

    with pytest.raises(LookupError, match="no terminal"):
        play()
    assert (calls, other) == (EVENTS[:1], EVENTS)


def test_what_the_music_raised_comes_before_what_a_watcher_did() -> None:
    def fail(_event: Event) -> None:
        raise LookupError("no terminal")

    def play() -> None:
        with telling([fail], live=True) as tell:
            tell(EVENTS[0])
            raise RuntimeError("out of bars")

    with pytest.raises(RuntimeError, match="out of bars"):
        play()


def test_a_watcher_that_hangs_keeps_no_more_than_so_much_and_nobody_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "BEHIND", 3)
    monkeypatch.setattr(watching, "PATIENCE_S", 0.0)
    entered, gate = threading.Event(), threading.Event()

    def hang(_event: Event) -> None:
        entered.set()
        gate.wait()

    def play() -> None:
        with telling([hang], live=True) as tell:
            tell(EVENTS[0])
            assert entered.wait(10)
            for event in EVENTS:
                tell(event)

    with pytest.raises(Exception, match="keep up, found 3 events waiting"):
        play()
    gate.set()
