"""A song's memory: the same place, the same bar."""

from __future__ import annotations

import tracemalloc
from random import Random

import pytest

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.song import BEHIND, Loop, Song
from daw_bridge.music.bar_lines import BarLine, BarLines
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, Ticks
from tests.jam.scripts import CountingSource, numbered

LINES = BarLines()


def line(bar: int) -> BarLine:
    return LINES.of(bar)


def loudness(bar: Bar | None) -> int | None:
    """Give the number of a bar that `numbered` made; None for none."""
    return None if bar is None else bar.notes[0].velocity


class Slow:
    """A feed that makes bars only when it is told to; `asked` holds what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.made: set[int] = set()
        self.dropped = 0

    def want(self, ask: Ask) -> None:
        self.asked.append(ask)

    def take(self, ask: Ask) -> Bar | None:
        return numbered(ask.number + 1) if ask.number in self.made else None

    def ahead(self) -> dict[int, Bar]:
        return {number: numbered(number + 1) for number in self.made}

    def drop(self) -> None:
        self.dropped += 1


def played(song: Song, *bars: int) -> list[int | None]:
    heard = []
    for bar in bars:
        song.want([line(bar), line(bar + 1)])
        heard.append(loudness(song.take(line(bar))))
    return heard


def test_what_comes_next_is_remembered_or_made() -> None:
    feed = Slow()
    song = Song(feed, loop=Loop.VARY)
    lines = [line(bar) for bar in (0, 1, 2)]
    song.want(lines)
    feed.made |= {0, 2}
    assert list(map(loudness, song.ahead(lines))) == [1]
    feed.made |= {1}
    assert list(map(loudness, song.ahead(lines))) == [1, 2, 3]
    for each in lines:
        assert song.take(each) is not None
    song.begin_round(0, 2)
    song.want(lines[:2])
    assert list(map(loudness, song.ahead(lines))) == [1, 2, 3]
    feed.made |= {4}
    assert list(map(loudness, song.ahead(lines))) == [1, 5, 3]
    assert list(song.ahead([BarLine(0, Ticks(0), Meter(3, 4))])) == []


def test_the_same_place_has_the_same_bar_again() -> None:
    song = Song(InlineFeed(CountingSource()))
    assert played(song, 0, 1, 2, 0, 1, 2, 9, 0, 9, 2) == [1, 2, 3, 1, 2, 3, 5, 1, 5, 3]


def test_bars_that_were_made_before_the_song_are_its_first_ones() -> None:
    song = Song(InlineFeed(CountingSource()), 5, numbered(99))
    assert played(song, 40, 41) == [99, 7]


def test_a_place_of_another_meter_has_another_bar() -> None:
    song = Song(InlineFeed(CountingSource()))
    waltz = BarLine(0, Ticks(0), Meter(3, 4))
    assert played(song, 0) == [1]
    song.want([waltz, line(1)])
    assert loudness(song.take(waltz)) == 3
    assert played(song, 0) == [4]


def test_what_is_not_ready_is_none_and_is_remembered_when_it_is() -> None:
    feed = Slow()
    song = Song(feed)
    assert played(song, 0, 1) == [None, None]
    feed.made |= {0, 1}
    assert played(song, 1, 0) == [2, 1]
    assert [(ask.number, ask.song_bar) for ask in feed.asked[:2]] == [(0, 0), (1, 1)]


def test_what_is_no_longer_wanted_is_made_no_more_and_its_numbers_are_given_again() -> None:
    feed = Slow()
    song = Song(feed)
    song.want([line(0), line(1)])
    feed.made.add(0)
    song.want([line(1), line(2)])
    assert feed.dropped == 0
    song.want([line(50), line(51)], alone=True)
    assert feed.dropped == 1
    assert [(ask.number, ask.song_bar) for ask in feed.asked[3:]] == [(1, 50), (2, 51)]
    assert loudness(song.take(line(0))) == 1  # what was ready is remembered
    song.want([line(50), line(51)], alone=True)
    assert (feed.dropped, len(feed.asked)) == (1, 5)


def test_of_what_is_made_far_too_slowly_the_next_bars_come_first() -> None:
    feed = Slow()
    played(Song(feed), *range(20))
    assert feed.dropped > 0
    assert feed.asked[-1].song_bar == 20
    assert feed.asked[-1].number <= BEHIND + 2


def test_a_round_that_varies_is_new_and_keep_holds_it() -> None:
    song = Song(InlineFeed(CountingSource()), loop=Loop.VARY)
    first = played(song, 4, 5, 6, 7)
    song.begin_round(4, 8)
    second = played(song, 4, 5, 6, 7)
    song.begin_round(4, 8)
    song.keep()
    assert len(set(first + second)) == 8
    assert played(song, 4, 5, 6, 7) == second
    song.begin_round(4, 8)
    assert played(song, 4, 5, 6, 7) == second


def test_a_round_that_is_not_ready_is_played_as_it_was() -> None:
    feed = Slow()
    feed.made |= set(range(5))
    song = Song(feed, loop=Loop.VARY)
    first = played(song, 0, 1, 2)
    song.begin_round(0, 3)
    assert played(song, 0)[0] is not None
    feed.made |= set(range(100))
    assert played(song, 2) != first[2:]


def test_a_round_that_repeats_is_the_same() -> None:
    song = Song(InlineFeed(CountingSource()))
    first = played(song, 0, 1)
    song.begin_round(0, 2)
    assert played(song, 0, 1) == first


def test_jumping_about_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daw_bridge.jam.song.REMEMBERED", 100)
    song, random = Song(InlineFeed(Loud())), Random(1)  # noqa: S311  # places, no secret

    def jump(times: int) -> None:
        for _ in range(times):
            place = random.randrange(100_000)
            song.want([line(place), line(place + 1)], alone=True)
            song.take(line(place))

    jump(200)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        jump(1_000)
        assert tracemalloc.get_traced_memory()[0] - before < 150_000  # all bars are other ones
    finally:
        tracemalloc.stop()
    assert len(song._bars) == 100


class Loud:
    """One note a bar, of any number."""

    def bar(self, ask: Ask) -> Bar:
        return numbered(ask.number % 100 + 1)
