"""A network remembers all that it looks at, and hears music moved as music that was written so."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec, Vocabulary
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.layout import LONG, Layout, layout_of
from daw_bridge.policies.observe_tokens import Sight, look

CODECS = [Line(), Polyphony(), ChipVoices(), Frames()]
N_STEPS = 16


def sight(ids: np.ndarray, layout: Layout) -> Sight:
    return look(ids, np.array([len(ids)]), np.array([N_STEPS]), layout)


@pytest.mark.parametrize("vocabulary", [*CODECS, Tx1()], ids=lambda each: each.name)
def test_all_that_is_looked_at_is_remembered(vocabulary: Vocabulary) -> None:
    """Where every step is the same, a step less would make a match shorter, or hide a bar."""
    layout = layout_of(vocabulary).only_copying((1, 3, 40))
    remembered = layout.reach(N_STEPS)
    every = sight(np.zeros(4 * remembered, np.int64), layout)
    ours = sight(np.zeros(remembered, np.int64), layout)
    assert np.array_equal(ours.features, every.features)
    assert np.array_equal(ours.seen + 3 * remembered, every.seen)
    assert (ours.seen >= 0).all()


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_phrase_is_remembered_for_a_thousand_steps(codec: Codec) -> None:
    layout = layout_of(codec)
    longest = max(layout.matches)
    ids = np.arange(5 * LONG)
    ids[-longest:] = ids[-LONG : longest - LONG]
    found = sight(ids[-layout.reach(N_STEPS) :], layout).source[0, len(layout.copied) : -1]
    assert (found >= 0).all()


def test_of_a_step_as_many_tokens_are_kept_as_it_can_have_or_ten() -> None:
    kept = {each.name: layout_of(each).kept for each in [*CODECS, Tx1()]}
    assert kept == {"line": 2, "polyphony": 10, "chip-voices": 8, "frames": 10, "tx1": 1}


def test_drums_have_no_layout() -> None:
    with pytest.raises(UserError, match="pitched"):
        layout_of(DrumGrid())


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_moving_moves_pitches_and_keys_and_can_be_undone(codec: Codec) -> None:
    layout = layout_of(codec)
    up, down = layout.moved(3), layout.moved(-3)
    inner = np.flatnonzero((layout.tokens.pitch >= 40) & (layout.tokens.pitch <= 100))
    assert (layout.tokens.pitch[up[inner]] == layout.tokens.pitch[inner] + 3).all()
    assert np.array_equal(down[up[inner]], inner)
    still = np.flatnonzero((layout.tokens.pitch < 0) & (layout.tokens.rank >= 0))
    assert np.array_equal(up[still], still)


BAR, HIGHER = (
    Bar.of([Note(Ticks(480 * i), p, Ticks(480), 90) for i, p in enumerate(pitches)], Meter(3, 4))
    for pitches in ((60, 64, 67), (63, 67, 70))
)


def test_a_moved_key_is_the_key_of_the_moved_notes() -> None:
    in_a, in_c = Line(Key.parse("A minor")).encode(BAR), Line(Key.parse("C minor")).encode(HIGHER)
    assert np.array_equal(layout_of(Line()).moved(3)[in_a], in_c)


@pytest.mark.parametrize("drums", [None, False, True])
def test_a_moved_key_keeps_what_it_says_of_drums(drums: bool | None) -> None:
    in_a, in_c = (ChipVoices(Key.parse(name), drums=drums) for name in ("A minor", "C minor"))
    layout = layout_of(ChipVoices())
    first = layout.keys[0]
    key, moved = (codec.conditions(Meter())[1] for codec in (in_a, in_c))
    assert layout.moved(3)[key] == moved
    assert layout.home()[key - first] == 3
    assert layout.home()[moved - first] == 0
