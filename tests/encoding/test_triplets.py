"""Triplets in pitched encodings: a token puts the steps of a quarter on its thirds."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.keyed_bars import KeyedBars
from daw_bridge.encoding.limits import Within
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from tests.encoding.walks import walk

CODECS = [
    pytest.param(kind(triplets=True), id=kind.name)
    for kind in (Line, Polyphony, ChoirVoices, ChipVoices)
]


def melody(*starts: int, voice: int = 0, meter: Meter = Meter()) -> Bar:  # a value
    ends = [*starts[1:], meter.bar_length()]
    notes = (
        Note(Ticks(a), 60 + k % 5, Ticks(b - a), 80, voice)
        for k, (a, b) in enumerate(zip(starts, ends, strict=True))
    )
    return Bar.of(notes, meter)


def starts(bar: Bar) -> list[int]:
    return sorted(note.start for note in bar.notes)


TURN = (0, 160, 320, 480, 600, 720, 960, 1120, 1280, 1440)


@pytest.mark.parametrize("codec", CODECS)
def test_triplets_come_back_among_16ths(codec: KeyedBars) -> None:
    played = melody(*TURN)
    late = melody(*(start + 7 * (start > 0) for start in TURN))
    for bar in (played, late):
        tokens = codec.encode(bar)
        assert starts(codec.decode(tokens)) == [*TURN]
        assert codec.tokens.thirds[tokens].sum() == 2
    assert [n.duration for n in codec.quantise(played).notes[:3]] == [160, 160, 160]


@pytest.mark.parametrize("codec", CODECS)
def test_what_has_no_triplets_is_written_as_without_them(codec: KeyedBars) -> None:
    plain = type(codec)()
    for bar in (melody(0, 120, 240, 480, 840), melody(0, 30, 470, 500, meter=Meter(6, 8))):
        assert np.array_equal(codec.encode(bar), plain.encode(bar))
    seven_eighths = melody(0, 160, 320, meter=Meter(7, 8))
    assert starts(codec.quantise(seven_eighths)) == [0, 120, 360]


def test_two_sound_against_three() -> None:
    three, two = melody(0, 160, 320, 480), melody(0, 240, 480, voice=1)
    bar = Bar.of((*three.notes, *two.notes))
    codec = ChoirVoices(triplets=True)
    assert starts(codec.decode(codec.encode(bar))) == [0, 0, 160, 240, 320, 480, 480]


@pytest.mark.parametrize("codec", CODECS)
def test_a_grammar_allows_thirds_before_a_whole_quarter_alone(codec: KeyedBars) -> None:
    for meter, quarters in ((Meter(3, 4), 3), (Meter(6, 8), 0), (Meter(7, 8), 0)):
        grammar, found = codec.grammar(meter), []
        for token in codec.encode(Bar(meter=meter)).tolist():
            mask = grammar.allowed()
            assert mask is not None
            found.append(bool(mask[codec.tokens.thirds].any()))
            grammar.push(token)
        assert sum(found) == quarters


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_played_around_triplets_leaves_them(codec: KeyedBars, seed: int) -> None:
    heard = melody(0, 160, 320, 480, 720, 960)
    bar = walk(codec, seed, Within(codec, edge="top"), heard=heard)
    written = {(note.start, note.pitch) for note in heard.notes}
    assert written <= {(note.start, note.pitch) for note in bar.notes}


def test_triplets_are_of_16ths() -> None:
    with pytest.raises(UserError, match="4 steps a quarter"):
        Line(steps_per_quarter=12, triplets=True)
