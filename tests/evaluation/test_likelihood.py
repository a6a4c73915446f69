"""Likelihood is stated with what was told, and baselines have the grammar that the model has."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.drum_grid import OFFSET_LAST, VELOCITY, DrumGrid
from daw_bridge.encoding.line import Line
from daw_bridge.evaluation.likelihood import (
    figures_of,
    of_chance,
    of_model,
    of_ngram,
    symbols_layout,
    symbols_of,
)
from daw_bridge.evaluation.ngram import CopyingNgram
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.card import Card


def tune(key: str) -> Piece:
    notes = [Note(Ticks(480 * i), 60 + 2 * i, Ticks(480), 80) for i in range(3)]
    bars = [Bar.of(notes, Meter(3, 4))] * 2
    return Piece.of("tune", bars, conditions={"key": key} if key else {})


def test_bars_cost_the_same_by_16th_whatever_their_tokens(tiny_model: Path) -> None:
    tally = of_model(tiny_model, [tune("G major")], workers=1)
    assert tally.counts["16th"] == tally.counts["16th_told"] == 24
    figures = figures_of(tally, Line())
    assert figures["nats_per_16th"] == pytest.approx(tally.sums["token"] / 24)
    assert figures["nats_per_16th_told"] == pytest.approx(tally.sums["token_told"] / 24)
    assert figures["nats_per_16th"] != figures["nats_per_16th_told"]


def test_a_key_that_is_not_known_is_not_told(tiny_model: Path) -> None:
    tally = of_model(tiny_model, [tune("")], workers=1)
    assert "token_told" not in tally.sums
    told = of_model(tiny_model, [tune("G major")], workers=1)
    assert tally.sums["token"] == pytest.approx(told.sums["token"])


def test_baselines_are_told_no_key_and_may_play_what_the_grammar_allows() -> None:
    symbols = [symbols_of(tune(key), Line()) for key in ("G major", "")]
    assert symbols[0].tokens.tolist() == symbols[1].tokens.tolist()
    random = of_chance(symbols[:1], Line().vocab_size, Line())
    n = int(random.counts["token"])
    assert n * math.log(128) < random.sums["token"] < n * math.log(131)
    layout = symbols_layout(Line(), tune(""))
    # One that has counted nothing of use knows the grammar and nothing else.
    ngram = CopyingNgram(1, layout.only_copying((1,))).fit([np.arange(Line().vocab_size)])
    ngram.trust = np.zeros_like(ngram.trust)
    assert of_ngram(ngram, symbols[:1], Line()).sums["token"] == pytest.approx(random.sums["token"])


def test_the_words_of_drums_are_all_allowed() -> None:
    beat = Piece.of("beat", [Bar.of([Note(Ticks(0), 36, Ticks(60), 90)])])
    tally = of_chance([symbols_of(beat, DrumGrid())], 512, DrumGrid())
    assert figures_of(tally, DrumGrid()) == {"nats_per_16th": pytest.approx(math.log(512))}


class Drummer:
    """Foretell nothing, but know the last velocity that was heard."""

    foretells_feel = True

    def __init__(self) -> None:
        self.card = Card("x", "drum-grid", "look-back", DrumGrid().vocab_size, "")

    def initial_state(self, *, hears_feel: bool = True) -> tuple[bool, int]:
        return hears_feel, -1

    def step(self, token: int, state: tuple[bool, int]) -> tuple[np.ndarray, tuple[bool, int]]:
        hears, last = state
        last = token if VELOCITY <= token < OFFSET_LAST else last
        logits = np.zeros(DrumGrid().vocab_size, np.float32)
        if hears and last >= 0:
            logits[last] = 100
        return logits, (hears, last)


def test_feel_is_foretold_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daw_bridge.evaluation.likelihood.load", lambda _: Drummer())
    hits = [Note(Ticks(240 * i + 8 * (i % 2)), (36, 42)[i % 2], Ticks(60), 63) for i in range(8)]
    beat = Piece.of("beat", [Bar.of(hits)] * 4, conditions={"style": "funk"})
    figures = figures_of(of_model(Path(), [beat], workers=1), DrumGrid())
    assert list(figures) == [
        "nats_per_16th",
        "nats_per_16th_told",
        "timing_mae_ms_feel_heard",
        "velocity_rmse_feel_heard",
        "timing_mae_ms_words_alone",
        "velocity_rmse_words_alone",
        "quantised_mae_ms",
        "note_f1",
    ]
    assert figures["velocity_rmse_feel_heard"] < figures["velocity_rmse_words_alone"]
    assert figures["velocity_rmse_words_alone"] == pytest.approx(2)  # all bins are as likely
    assert figures["quantised_mae_ms"] == pytest.approx(1000 * 4 / 960)
