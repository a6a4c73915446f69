"""Voices do not leap farther than they may."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import NOISE, ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.leaps import NoLeapsOver
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.errors import UserError
from tests.encoding.walks import walk


@pytest.mark.parametrize("codec", [Line(), ChipVoices()], ids=lambda codec: codec.name)
@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), semitones=st.integers(1, 14))
def test_no_step_is_larger_than_it_may_be(codec: Codec, seed: int, semitones: int) -> None:
    limit = NoLeapsOver(codec, semitones)
    first = walk(codec, seed, limit)
    second = walk(codec, seed + 1, limit, before=first)
    last = dict[int, int]()
    for bar in (first, second):
        for note in sorted(bar.notes, key=lambda note: note.start):
            if note.voice != NOISE:
                assert abs(note.pitch - last.get(note.voice, note.pitch)) <= semitones
                last[note.voice] = note.pitch


@pytest.mark.parametrize("codec", [DrumGrid(), Polyphony()], ids=lambda codec: codec.name)
def test_what_has_no_voices_of_single_notes_is_refused(codec: Codec) -> None:
    with pytest.raises(UserError, match="one note at a time"):
        NoLeapsOver(codec, 12)
