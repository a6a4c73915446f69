"""A bar that begins on the one, in every encoding that is played, and within every limit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.limits import Limits, Within
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.on_the_one import OnTheOne
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from tests.encoding.walks import walk

KICK = 36
METER = Meter(3, 4)
PITCHED = [Line(), Polyphony(), ChipVoices(drums=True)]
DRUMS = [DrumGrid(), DrumText()]
RUSH = 60
SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("codec", PITCHED, ids=lambda codec: codec.name)
@settings(max_examples=40)
@given(seed=SEEDS)
def test_a_note_is_struck_in_the_first_step(codec: Codec, seed: int) -> None:
    bar = walk(codec, seed, OnTheOne(codec), meter=METER)
    assert any(note.start == 0 and not note.tied for note in bar.notes)


@pytest.mark.parametrize("codec", DRUMS, ids=lambda codec: codec.name)
@settings(max_examples=40)
@given(seed=SEEDS)
def test_drums_begin_with_a_kick(codec: Codec, seed: int) -> None:
    bar = walk(codec, seed, OnTheOne(codec), meter=METER)
    assert any(note.pitch == KICK and note.start <= RUSH for note in bar.notes)


@pytest.mark.parametrize("codec", [*PITCHED, *DRUMS], ids=lambda codec: codec.name)
@settings(max_examples=10)
@given(seed=SEEDS)
def test_where_nothing_may_be_struck_nothing_is(codec: Codec, seed: int) -> None:
    silent = Within(codec, Limits(density=0))
    bar = walk(codec, seed, silent, OnTheOne(codec), meter=METER)
    assert all(note.tied for note in bar.notes)


@pytest.mark.parametrize("codec", [*PITCHED, *DRUMS], ids=lambda codec: codec.name)
@settings(max_examples=10)
@given(seed=SEEDS)
def test_music_that_sounds_goes_on_as_it_likes(codec: Codec, seed: int) -> None:
    """After a rest it is as at the beginning."""
    before = walk(codec, seed + 1, OnTheOne(codec), meter=METER)
    free = walk(codec, seed, meter=METER)
    assert walk(codec, seed, OnTheOne(codec), meter=METER, before=before) == free
    begun, again = (
        walk(codec, seed, OnTheOne(codec), meter=METER, before=rest)
        for rest in (None, Bar(meter=METER))
    )
    assert begun == again
