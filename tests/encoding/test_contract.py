"""What every encoding keeps to: whole bars come back, grammars lead to whole bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.music.keys import KEYS, Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

CODECS = [
    pytest.param(DrumGrid(), id="drum-grid"),
    pytest.param(DrumGrid("funk", 97.0, fill=True), id="drum-grid funk"),
    pytest.param(Line(), id="line"),
    pytest.param(Line(Key.parse("Eb minor"), 12), id="line in 48ths"),
    pytest.param(Line(steps_per_quarter=1), id="line in quarters"),
    pytest.param(Polyphony(), id="polyphony"),
    pytest.param(Polyphony(KEYS[0], 3), id="polyphony in triplets"),
    pytest.param(Frames(), id="frames"),
    pytest.param(ChipVoices(), id="chip-voices"),
    pytest.param(ChipVoices(KEYS[13], 8), id="chip-voices in 32nds"),
    pytest.param(ChipVoices(drums=True), id="chip-voices with drums"),
    pytest.param(ChipVoices(KEYS[3], drums=False), id="chip-voices without"),
]
METERS = st.builds(Meter, st.integers(1, 16), st.sampled_from([2, 4, 8, 16]))


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    meter = draw(METERS)
    length = meter.bar_length()
    notes = []
    for _ in range(draw(st.integers(0, 12))):
        tied = draw(st.booleans())
        start = 0 if tied else draw(st.integers(-60, length - 1))
        duration = draw(st.integers(1, length + 200))
        pitch, velocity = draw(st.integers(0, 127)), draw(st.integers(1, 127))
        notes.append(
            Note(Ticks(start), pitch, Ticks(duration), velocity, draw(st.integers(0, 4)), tied)
        )
    return Bar.of(notes, meter)


@pytest.mark.parametrize("codec", CODECS)
@given(bar=bars())
def test_a_quantised_bar_comes_back(codec: Codec, bar: Bar) -> None:
    quantised = codec.quantise(bar)
    tokens = codec.encode(bar)
    assert codec.quantise(quantised) == quantised
    assert codec.decode(tokens) == quantised
    assert np.array_equal(tokens, codec.encode(quantised))
    assert tokens.dtype == np.int64
    assert tokens.min() >= 0
    assert tokens.max() < codec.vocab_size


@pytest.mark.parametrize("codec", CODECS)
@given(bar=bars())
def test_a_grammar_allows_what_is_encoded_and_ends_with_it(codec: Codec, bar: Bar) -> None:
    grammar = codec.grammar(bar.meter)
    for token in codec.encode(bar):
        mask = grammar.allowed()
        assert mask is not None
        assert mask[token]
        grammar.push(int(token))
    assert grammar.allowed() is None


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=25)
@given(meter=METERS, seed=st.integers(0, 2**32))
def test_any_walk_through_a_grammar_is_a_whole_bar(codec: Codec, meter: Meter, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grammar = codec.grammar(meter)
    tokens: list[int] = []
    while (mask := grammar.allowed()) is not None:
        tokens.append(int(rng.choice(np.flatnonzero(mask))))
        grammar.push(tokens[-1])
    bar = codec.decode(tokens)
    assert bar.meter == codec.quantise(Bar(meter=meter)).meter
    assert codec.decode(codec.encode(bar)) == codec.quantise(bar)
