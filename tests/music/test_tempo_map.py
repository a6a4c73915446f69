"""Ticks and seconds of a song whose tempo changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import Ticks


def test_each_tempo_goes_on_from_where_the_one_before_it_ended():
    song = TempoMap([(Ticks(0), 120.0), (Ticks(960), 60.0), (Ticks(1440), 240.0)])
    assert [song.seconds_at(Ticks(n)) for n in (0, 480, 960, 1440, 1920)] == [0, 0.5, 1, 2, 2.25]


def test_a_song_has_a_tempo():
    with pytest.raises(ValueError, match="expected"):
        TempoMap([])


changes = st.lists(st.tuples(st.integers(1, 4000), st.floats(20, 300)), max_size=5)


@given(changes, st.integers(0, 50_000))
def test_ticks_come_back(later, tick):
    ticks = [0]
    for gap, _ in later:
        ticks.append(ticks[-1] + gap)
    song = TempoMap(zip(ticks, [120.0, *(tempo for _, tempo in later)], strict=True))
    assert song.tick_at(song.seconds_at(Ticks(tick))) == tick
