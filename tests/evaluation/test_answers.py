"""Whether an answer belongs to its call: features that one can work out, and ranks of them."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.corpora.pieces import Piece
from daw_bridge.evaluation.answers import AMONG, CHANCE, Call, calls_of, features, ranks
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks


def bar(*pitches: int, meter: Meter = Meter(), tied: bool = False) -> Bar:
    """Build a bar of eighths, from its line on."""
    notes = [Note(Ticks(240 * n), pitch, Ticks(240), 90) for n, pitch in enumerate(pitches)]
    tie = [Note(Ticks(0), 40, Ticks(480), 90, tied=True)] if tied else []
    return Bar.of([*notes, *tie], meter)


def piece(name: str, pitch: int, bars: int = 8) -> Piece:
    return Piece.of(name, [bar(*range(pitch, pitch + 4))] * bars)


def test_calls_are_two_bars_and_their_answers_the_two_after_them_from_each_piece_in_turn() -> None:
    calls = calls_of([piece("a", 60), piece("b", 40, bars=4)], 3, seed=1)
    assert sorted(call.piece.name for call in calls[:2]) == ["a", "b"]
    assert calls[2].piece.name == "a"
    assert all(len(call.call) == len(call.answer) == 2 for call in calls)
    assert len(calls_of([piece("a", 60), piece("b", 40, bars=4)], 99, seed=1)) == 4


@pytest.mark.parametrize(
    "bars",
    [
        [bar(60, 62, 64, 65)] * 3,  # no whole answer
        [bar(60), bar(62), bar(60, 62), bar(64, 65)],  # a call of two notes
        [bar(60, 62), bar(64, 65), bar(60, tied=True), bar(62, 64)],  # an answer of three
        [*[bar(60, 62, 64, 65)] * 3, bar(60, 62, 64, 65, meter=Meter(3, 4))],
    ],
)
def test_what_is_no_call_of_some_notes_with_an_answer_in_its_meter_is_left_out(
    bars: list[Bar],
) -> None:
    assert calls_of([Piece.of("a", bars)], 9, seed=1) == []


def test_features_of_a_line() -> None:
    found = features([bar(60, 64, tied=True), bar(72, 76)], "line")
    assert found.rhythm.tolist() == [0.5, 0, 0.5, *[0] * 13]
    assert found.density == pytest.approx(np.log(2))
    assert found.register == 62.4  # what is held sounds, and is not struck
    assert found.pitches[[0, 4]].tolist() == [2 / 6, 4 / 6]


def test_features_of_drums_are_shares_of_each_and_of_the_high_ones() -> None:
    found = features([bar(36, 42, 38, 42)], "drums")
    assert found.register == 0.5  # the hats are high
    assert sorted(found.pitches.tolist())[-3:] == [0.25, 0.25, 0.5]


def test_the_noise_of_a_band_has_rhythm_and_no_pitch() -> None:
    noise = Bar.of([Note(Ticks(0), 36, Ticks(60), 90, voice=3)])
    found = features([noise], "chip")
    assert (found.rhythm[0], found.register, found.pitches.sum()) == (1, 0, 0)


def calls() -> list[Call]:
    """Return a call from each of more pieces than are ranked, each higher than the one before."""
    pieces = [piece(str(n), 30 + 2 * n) for n in range(AMONG + 5)]
    return [Call(each, tuple(each.bars()[:2]), tuple(each.bars()[2:4])) for each in pieces]


def test_an_answer_like_its_call_ranks_it_first_and_one_like_another_does_not() -> None:
    asked = calls()
    assert ranks(asked, [call.answer for call in asked], "line", seed=1).tolist() == [1] * len(
        asked
    )
    turned = [call.answer for call in asked[::-1]]
    assert ranks(asked, turned, "line", seed=1).mean() > CHANCE


def test_calls_that_cannot_be_told_apart_share_their_rank_which_is_chance() -> None:
    one = calls()[0]
    same = [Call(call.piece, one.call, one.answer) for call in calls()]
    different = [*same[:-1], calls()[-1]]  # so that they lie apart at all
    found = ranks(different, [one.answer] * len(same), "line", seed=1)
    assert found[:-1].mean() == pytest.approx(CHANCE, abs=0.5)
    assert found[-1] == AMONG


def test_the_others_are_of_other_pieces() -> None:
    asked = [*calls()[:1] * 10, *calls()[1:]]  # of its own piece they would share its rank
    assert ranks(asked, [asked[0].answer] * len(asked), "line", seed=1)[:10].tolist() == [1] * 10
