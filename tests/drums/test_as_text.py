"""Drums as words, and words as messages for a kit: values in, values out, no file."""

import pytest

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.drums.as_text import bars_of, messages_of, words_of
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.errors import UserError
from daw_bridge.midi.files import FileNote, Score
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.time import Meter, Ticks

KICK, SNARE, REST = "0b100000000", "0b010000000", "0b000000000"
BEAT = " ".join([KICK, *[REST] * 3, SNARE, *[REST] * 11, "BAR"])
HALF = Meter(2, 4)


def test_text_becomes_messages_of_a_kit_and_bars_follow_each_other():
    codec = DrumText(16, HALF)
    bars = bars_of(" ".join([KICK, *[REST] * 7, "BAR"] * 2), codec)
    messages, length, became = messages_of(bars, load_drum_map("gm"))
    assert messages == [
        (0, bytes([0x99, 36, 100])),
        (60, bytes([0x89, 36, 0])),
        (960, bytes([0x99, 36, 100])),
        (1020, bytes([0x89, 36, 0])),
    ]
    assert (length, became) == (1920, {(36, 36): 2})


def test_bars_of_two_lengths_are_refused():
    with pytest.raises(UserError, match="bars of 2/4 throughout, as the first, found one of 1/4"):
        bars_of(" ".join([KICK, *[REST] * 7, "BAR", *[REST] * 4, "BAR"]), DrumText(16, HALF))


def test_a_score_becomes_words_and_what_has_none_is_counted():
    struck = [(0, 36), (475, 38), (960, 56)]
    notes = tuple(FileNote(Ticks(t), p, Ticks(60), 90, DRUM_CHANNEL) for t, p in struck)
    score = Score(notes, ((Ticks(0), 120.0),), ((Ticks(0), Meter()),), Ticks(1920))
    assert words_of(score, DrumText(), None, None) == (BEAT, {56: 1})
