"""Pieces become tokens under what is known of them."""

from __future__ import annotations

from dataclasses import replace

from daw_bridge.corpora.pieces import PITCH, VOICE, Events, Piece, cut
from daw_bridge.corpora.tokens import conditioned, encode_piece, transpositions
from daw_bridge.corpora.voices import NOISE
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from tests.corpora.tunes import tune


def test_four_voices_are_told_whether_drums_play() -> None:
    quiet = tune("a", [60, 62])
    notes = quiet.notes.copy()
    notes[1, [PITCH, VOICE]] = 36, NOISE
    codecs = [conditioned(ChipVoices(), each) for each in (quiet, replace(quiet, notes=notes))]
    assert codecs == [ChipVoices(Key.parse("C major"), drums=on) for on in (False, True)]


def test_a_codec_is_told_only_of_styles_that_it_knows() -> None:
    riff = tune("a", [60, 62])
    riff = replace(riff, conditions={**riff.conditions, "style": "riff"})
    known = StyledLine(Key.parse("C major"), style="riff"), DrumGrid(tempo_qpm=120.0)
    assert tuple(conditioned(codec, riff) for codec in (StyledLine(), DrumGrid())) == known
    assert conditioned(Line(), riff) == Line(Key.parse("C major"))


def test_a_piece_is_encoded_under_what_is_known_of_it() -> None:
    piece = tune("a", [60, 62], key="D minor")
    encoded = encode_piece(piece, Line())
    assert encoded is not None
    assert encoded.bars.tolist() == [0, 7, 14]
    assert (
        encoded.tokens[:7].tolist() == Line(Key.parse("D minor")).encode(piece.bars()[0]).tolist()
    )
    assert transpositions(tune("b", [22, 107]), 3) == [-1, 0, 1]


def test_a_meter_without_a_token_gives_no_tokens() -> None:
    table = cut(Events.of([0], [60], [480], [90], [0]), [(0, Meter(28, 4))], held=True)
    assert encode_piece(Piece("a", *table), Line()) is None
