"""Figures of drums: what is counted, and that a policy which knows everything has none."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.evaluation.drum_figures import foretell
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks

FLAM = Bar.of(
    [
        Note(Ticks(8), 36, Ticks(60), 63),
        Note(Ticks(100), 38, Ticks(60), 19),
        Note(Ticks(128), 38, Ticks(60), 103),
    ]
)


class Knows:
    """Foretell exactly the tokens of a bar, whatever it hears, or, with `blur`, nothing at all."""

    def __init__(self, bar: Bar, *, blur: bool = False) -> None:
        self.tokens = DrumGrid().encode(bar).tolist()
        self.blur = blur
        self.heard: list[int] = []

    def initial_state(self, *, hears_feel: bool = True) -> int:
        del hears_feel
        return 0

    def step(self, token: int, state: int) -> tuple[np.ndarray, int]:
        self.heard.append(token)
        logits = np.zeros(DrumGrid().vocab_size, np.float32)
        if not self.blur:
            logits[self.tokens[state % len(self.tokens)]] = 100
        return logits, state + 1


def test_who_knows_everything_errs_in_nothing() -> None:
    tally = foretell(Knows(FLAM), [([FLAM], DrumGrid(), 120.0)], feel_given=True)  # type: ignore[arg-type]
    figures = tally.figures()
    assert (tally.words, tally.hits, tally.compared) == (16, 3, 2)
    for name in ("word_nats", "hit_nats", "timing_mae_ms", "timing_mse_16ths", "velocity_rmse"):
        assert figures[name] == pytest.approx(0, abs=1e-9), name
    assert figures["note_f1"] == 1


def test_the_quantised_error_is_that_of_the_loudest_hits() -> None:
    tally = foretell(Knows(FLAM), [([FLAM], DrumGrid(), 120.0)], feel_given=True)  # type: ignore[arg-type]
    figures = tally.figures()
    # 8 ticks after each of two 16ths: 8 / 480 of a quarter of 500 ms, and 8 / 120 of a 16th
    assert figures["quantised_mae_ms"] == pytest.approx(8 / 480 * 500)
    assert figures["quantised_mse_16ths"] == pytest.approx((8 / 120) ** 2)


def test_who_knows_nothing_pays_for_every_choice() -> None:
    tally = foretell(Knows(FLAM, blur=True), [([FLAM], DrumGrid(), 120.0)], feel_given=True)  # type: ignore[arg-type]
    figures = tally.figures()
    assert figures["word_nats"] == pytest.approx(np.log(512))
    assert figures["hit_nats"] == pytest.approx(np.log(32 * 62))
    velocities = np.arange(32) * 4 + 3.0
    errors = velocities.mean() - np.array([63, 103])
    assert figures["velocity_rmse"] == pytest.approx(np.sqrt((errors**2).mean()))


def test_what_is_given_is_what_is_heard() -> None:
    policy = Knows(FLAM)
    foretell(policy, [([FLAM], DrumGrid(), 120.0)], feel_given=True)  # type: ignore[arg-type]
    assert policy.heard == [grid.BAR, *DrumGrid().encode(FLAM).tolist()]


def test_without_feel_each_class_is_hit_once_in_a_16th() -> None:
    policy = Knows(FLAM)
    tally = foretell(policy, [([FLAM], DrumGrid(), 120.0)], feel_given=False)  # type: ignore[arg-type]
    assert (tally.hits, tally.compared) == (2, 2)
    offsets = [token for token in policy.heard if grid.OFFSET_LAST <= token < grid.METER]
    assert [token - grid.OFFSET_LAST for token in offsets] == [17, 17]
