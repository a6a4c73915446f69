"""What the encodings of melody, polyphony and chip voices write, token by token."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding import line, polyphony
from daw_bridge.encoding.chip_voices import VOICES, ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.meters import N_KEYS, meter_number
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.styled_line import STYLES, StyledLine
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

TWO_FOUR = Meter(2, 4)
FOUR_FOUR = meter_number(Meter(4, 4))


def note(start: int, pitch: int, duration: int, *, voice: int = 0, tied: bool = False) -> Note:
    return Note(Ticks(start), pitch, Ticks(duration), 90, voice, tied)


def test_a_melody_is_its_meter_its_key_and_an_event_for_each_step() -> None:
    bar = Bar.of([note(0, 60, 240, tied=True), note(360, 64, 120), note(480, 67, 360)], TWO_FOUR)
    hold, off = line.HOLD, line.OFF
    assert Line(Key.parse("C")).encode(bar).tolist() == [
        line.METER + meter_number(TWO_FOUR),
        line.KEY + 1,
        *(line.TIE, 60, hold, off, 64, 67, hold, hold, off, line.END),
    ]


def test_a_melody_keeps_the_highest_of_a_chord() -> None:
    bar = Bar.of([note(0, 60, 960), note(5, 67, 240)], TWO_FOUR)
    assert [n.pitch for n in Line().quantise(bar).notes] == [67]


def test_polyphony_names_what_sounds_from_the_highest_down() -> None:
    codec = Polyphony(steps_per_quarter=1)
    bar = Bar.of([note(0, 60, 960, tied=True), note(0, 64, 480), note(480, 65, 480)], TWO_FOUR)
    new, on, end = polyphony.NEW_NOTE, polyphony.CONTINUED_NOTE, polyphony.STEP_END
    assert codec.encode(bar).tolist() == [
        polyphony.METER + meter_number(TWO_FOUR),
        polyphony.KEY,
        *(new + 64, on + 60, end, new + 65, on + 60, end),
    ]


def test_polyphony_ends_a_note_where_its_pitch_is_struck_again() -> None:
    bar = Bar.of([note(0, 60, 960), note(480, 60, 240)], TWO_FOUR)
    assert [(n.start, n.duration) for n in Polyphony().quantise(bar).notes] == [
        (0, 480),
        (480, 240),
    ]


def test_a_chip_plays_four_lines() -> None:
    codec = ChipVoices(steps_per_quarter=1)
    bar = Bar.of(
        [
            note(0, 60, 960, voice=0, tied=True),
            note(480, 57, 480, voice=1),
            note(0, 30, 480, voice=2, tied=True),
            note(0, 38, 30, voice=3),
        ],
        TWO_FOUR,
    )
    strike, tie = VOICES.note_token, VOICES.tie
    assert codec.encode(bar).tolist() == [
        VOICES.meter + meter_number(TWO_FOUR),
        VOICES.key,
        *(tie, strike(0, 60), tie + 2, strike(2, 30), strike(3, 38), VOICES.step),
        *(strike(1, 57), VOICES.off + 2, VOICES.step),
    ]


def test_a_chip_brings_pitches_into_range_by_octaves() -> None:
    bar = Bar.of([note(0, 20, 480, voice=0), note(0, 127, 480, voice=2)], TWO_FOUR)
    assert [n.pitch for n in ChipVoices().quantise(bar).notes] == [44, 103]


def test_a_melody_is_told_of_a_style_by_its_key() -> None:
    bar = Bar.of([note(0, 60, 480)], TWO_FOUR)
    d_minor = Key.parse("D minor")
    plain = Line(d_minor).encode(bar)
    for number, style in enumerate((None, *STYLES)):
        told = StyledLine(d_minor, style=style).encode(bar)
        assert (told - plain).tolist() == [0, number * N_KEYS, *[0] * (len(plain) - 2)]
    with pytest.raises(UserError, match="a style"):
        StyledLine(style="polka")


@pytest.mark.parametrize("codec", [Line(), Polyphony(), ChipVoices()])
def test_tokens_that_are_no_bar_are_refused(codec: Line | Polyphony | ChipVoices) -> None:
    good = codec.encode(Bar.of([note(0, 60, 480)]))
    for bad in ([], good[1:], good[:-1], [*good, good[-1]], [*good[:3], 10_000, *good[3:]], [-1]):
        with pytest.raises(ValueError, match="expected"):
            codec.decode(bad)


@pytest.mark.parametrize("codec", [Line, Polyphony, ChipVoices, ChoirVoices])
def test_a_grammar_forces_meter_and_key(codec: type[Line | Polyphony | ChipVoices]) -> None:
    grammar = codec(Key.parse("D minor")).grammar(Meter())
    for token in (codec.first_meter + FOUR_FOUR, codec().first_key + 15):
        mask = grammar.allowed()
        assert mask is not None
        assert np.flatnonzero(mask).tolist() == [token]
        grammar.push(token)


def test_what_no_token_holds_is_the_users_error() -> None:
    with pytest.raises(UserError, match="minor"):
        Line(Key.parse("D dorian"))
    with pytest.raises(UserError, match="steps per quarter"):
        Polyphony(steps_per_quarter=5)
    with pytest.raises(UserError, match="16 halves"):
        ChipVoices().encode(Bar(meter=Meter(28, 4)))
