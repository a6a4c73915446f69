"""What every encoding keeps to: whole bars come back, grammars and tables agree with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.encoding.drum_classes import classes_of
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.keys import KEYS, Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Meter, Ticks
from daw_bridge.registry import CODECS as NAMED

CODECS = [
    *(pytest.param(NAMED[name](), id=name) for name in NAMED if has_bars(NAMED[name])),
    pytest.param(DrumGrid("funk", 97.0, fill=True), id="drum-grid funk"),
    pytest.param(DrumText(32, Meter(3, 4)), id="drum-text in 32nds"),
    pytest.param(Line(Key.parse("Eb minor"), 12), id="line in 48ths"),
    pytest.param(Line(steps_per_quarter=1), id="line in quarters"),
    pytest.param(StyledLine(KEYS[5], style="riff"), id="styled-line of a style"),
    pytest.param(Line(triplets=True), id="line with triplets"),
    pytest.param(StyledLine(triplets=True, style="song"), id="styled-line with triplets"),
    pytest.param(Polyphony(triplets=True), id="polyphony with triplets"),
    pytest.param(ChoirVoices(triplets=True), id="choir-voices with triplets"),
    pytest.param(ChipVoices(triplets=True), id="chip-voices with triplets"),
    pytest.param(Polyphony(KEYS[0], 3), id="polyphony in triplets"),
    pytest.param(ChipVoices(KEYS[13], 8), id="chip-voices in 32nds"),
    pytest.param(ChipVoices(drums=True), id="chip-voices with drums"),
    pytest.param(ChipVoices(KEYS[3], drums=False), id="chip-voices without"),
]
"""Every codec that a card may name, and some of them with other settings."""

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
    assert grammar.bar() == bar
    assert bar.meter == codec.quantise(Bar(meter=meter)).meter
    assert codec.decode(codec.encode(bar)) == codec.quantise(bar)


@pytest.mark.parametrize("name", NAMED)
def test_a_table_has_a_row_for_each_token(name: str) -> None:
    vocabulary: Vocabulary = NAMED[name]()
    table, size = vocabulary.tokens, vocabulary.vocab_size
    assert len(table.names) == len(set(table.names)) == size
    ints = (table.pitch, table.voice, table.rank, table.strikes, table.drums)
    for column in (*ints, table.ends_voice, table.bar_steps, table.key):
        assert (column.shape, column.dtype) == ((size,), np.int64)
    for column in (table.ends_step, table.ties):
        assert (column.shape, column.dtype) == ((size,), np.bool_)
    assert table.pitch.max() <= 127
    assert NAMED[name]().tokens is table
    assert vocabulary.name == name


@pytest.mark.parametrize("codec", CODECS)
@given(bar=bars())
def test_ranks_rise_within_each_step_of_a_bar(codec: Codec, bar: Bar) -> None:
    table, meter = codec.tokens, codec.quantise(bar).meter
    tokens = codec.encode(bar)
    rank, closed = -1, 0
    for token in tokens.tolist():
        assert table.rank[token] > rank or (table.rank[token], rank) == (-1, -1)
        rank = -1 if table.ends_step[token] else int(table.rank[token])
        closed += bool(table.ends_step[token])
    assert (rank, closed) == (-1, meter.steps(step_of(codec)))
    opened = table.bar_steps[tokens]
    assert opened[opened > 0].tolist() == ([closed] if codec.meter is None else [])
    assert (opened[:1] > 0).all() == (codec.meter is None)


@pytest.mark.parametrize("codec", CODECS)
@given(bar=bars())
def test_what_tokens_strike_hold_and_end_is_what_the_bar_does(codec: Codec, bar: Bar) -> None:
    table, step = codec.tokens, step_of(codec)
    struck, held, ended = set(), set(), set()
    place, tied = 0, False
    for token in codec.encode(bar).tolist():
        drums, voice = int(table.drums[token]), max(int(table.voice[token]), 0)
        notes = [(place, voice, drum) for drum in classes_of(drums)]
        assert table.strikes[token] == len(notes) or (not drums and table.strikes[token] < 2)
        if (pitch := int(table.pitch[token])) >= 0:
            notes.append((place, voice, pitch))
        if tied or not table.strikes[token]:
            held.update(note for note in notes if not place)
        else:
            struck.update(notes)
        if table.ends_voice[token] >= 0:
            ended.add((place, int(table.ends_voice[token])))
        tied = bool(table.ties[token])
        place += bool(table.ends_step[token])
    decoded = codec.quantise(bar)
    last, noise = decoded.meter.steps(step) - 1, set(table.voice[table.drums > 0].tolist())

    def what(note: Note) -> tuple[int, int, int]:
        drum = codec.kind == "drums" or note.voice in noise
        at = min(max(round(note.start / step), 0), last)
        return at, note.voice, CLASS_OF[note.pitch] if drum else note.pitch

    assert struck == {what(note) for note in decoded.notes if not note.tied}
    assert held == {what(note) for note in decoded.notes if note.tied}
    ends = {(round((n.start + n.duration) / step), n.voice) for n in decoded.notes}
    assert ended <= ends


def step_of(codec: Codec) -> Ticks:
    return Ticks(PPQ // codec.tokens.steps_per_quarter)
