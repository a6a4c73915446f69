"""The shipped drummer: how it plays, and how well it foretells drummers that it has not heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daw_bridge.config.files import find
from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH, Meter
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.drum_lookback import LookBackPolicy
from daw_bridge.policies.load import codec_of, load
from daw_bridge.policies.sampling import Sampler

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def drummer() -> LookBackPolicy:
    policy = load(find("models", "groove-drums"))
    assert isinstance(policy, LookBackPolicy)
    return policy


def play(drummer: LookBackPolicy, n: int, seed: int = 1, **conditions: object) -> list[Bar]:
    meter = Meter.parse(str(conditions.pop("meter", "4/4")))
    codec = codec_of(drummer.card, **conditions)
    source = PolicyBars(drummer, codec, Sampler(1.0, 0.98, seed))
    return [source.bar(Ask(number, meter=meter)) for number in range(n)]


def test_it_plays_with_dynamics_and_feel(drummer: LookBackPolicy) -> None:
    bars = play(drummer, 24, style="funk", tempo_qpm=100.0)
    notes = [note for bar in bars for note in bar.notes]
    assert {36, 38} <= {note.pitch for note in notes}
    assert np.std([note.velocity for note in notes]) > 12
    offsets = [note.start - SIXTEENTH * round(note.start / SIXTEENTH) for note in notes]
    assert 3 < np.std(offsets) < 30


def test_it_does_not_fall_silent(drummer: LookBackPolicy) -> None:
    bars = [
        bar
        for seed, style in enumerate(("rock", "funk", "jazz"))
        for bar in play(drummer, 60, seed, style=style, tempo_qpm=110.0)
    ]
    assert sum(len(bar.notes) < 2 for bar in bars) <= len(bars) // 20


def test_it_repeats_itself_as_drummers_do_but_not_for_ever(drummer: LookBackPolicy) -> None:
    words = [
        tuple(sorted((round(note.start / SIXTEENTH), note.pitch) for note in bar.notes))
        for bar in play(drummer, 64, style="rock", tempo_qpm=120.0)
    ]
    assert 6 <= len(set(words)) <= 63


def test_a_fill_uses_the_toms(drummer: LookBackPolicy) -> None:
    toms = {41, 45, 48}
    counts = {
        fill: sum(
            note.pitch in toms
            for seed in range(12)
            for bar in play(drummer, 2, seed, style="rock", tempo_qpm=120.0, fill=fill)
            for note in bar.notes
        )
        for fill in (True, False)
    }
    assert counts[True] > 2 * counts[False]


@pytest.mark.parametrize("meter", ["3/4", "6/8", "7/8", "5/4"])
def test_other_meters_are_played_too(drummer: LookBackPolicy, meter: str) -> None:
    bars = play(drummer, 6, meter=meter, tempo_qpm=110.0)
    assert {str(bar.meter) for bar in bars} == {meter}
    assert sum(len(bar.notes) for bar in bars) > 12


@pytest.mark.shared_data
def test_it_foretells_drummers_better_than_what_is_asked_for(drummer: LookBackPolicy) -> None:
    pytest.importorskip("torch", reason="the train extra is not installed")
    if not (SHARED / "groove").is_dir():
        pytest.skip("there is no ../shared/data")
    from daw_bridge.corpora.dataset import read
    from daw_bridge.corpora.material import Reading
    from daw_bridge.encoding.drum_grid import DrumGrid
    from daw_bridge.evaluation.drum_figures import foretell

    takes = read([SHARED / "groove"], Reading("drums")).split("valid")
    pieces = [
        (take.bars(), DrumGrid(), take.tempo_qpm)
        for take in takes
        if (take.meters == (4, 4)).all() and 20 <= take.n_bars <= 40
    ]
    assert len(pieces) >= 5
    figures = foretell(drummer, pieces, feel_given=True).figures()
    assert figures["word_nats"] < 1.2
    assert figures["timing_mae_ms"] < 0.85 * figures["quantised_mae_ms"]
    assert figures["velocity_rmse"] < 26
