"""A drum jam begins on the one, whatever its temperature and style."""

from __future__ import annotations

import pytest

from daw_bridge.cli.bars import bars_of
from daw_bridge.config.drawing import LimitsFile
from daw_bridge.config.files import find
from daw_bridge.config.jam import JamFile
from daw_bridge.policies.load import load

KICK = 36


@pytest.fixture(scope="module")
def drummer():
    return load(find("models", "groove-drums"))


def first_bar(drummer, **settings):
    return bars_of(drummer, JamFile(model="groove-drums", **settings)).next_bar()


@pytest.mark.parametrize("temperature", [0, 0.5, 1])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("meter", ["4/4", "6/8"])
def test_a_jam_begins_with_a_kick(drummer, temperature, seed, meter):
    bar = first_bar(drummer, temperature=temperature, seed=seed, meter=meter)
    assert any(note.pitch == KICK and abs(note.start) <= 60 for note in bar.notes)


def test_the_likeliest_bars_of_all_are_a_beat_and_not_a_rest(drummer):
    bars = bars_of(drummer, JamFile(model="groove-drums", temperature=0))
    for bar in (bars.next_bar() for _ in range(4)):
        assert {36, 38} <= {note.pitch for note in bar.notes}


def test_it_may_begin_otherwise_where_that_is_wanted(drummer):
    free = [first_bar(drummer, on_the_one=False, seed=seed) for seed in range(1, 9)]
    assert any(all(note.start > 60 or note.pitch != KICK for note in bar.notes) for bar in free)
    muted = first_bar(drummer, limits=LimitsFile(mute=("kick",)))
    assert KICK not in {note.pitch for note in muted.notes}
