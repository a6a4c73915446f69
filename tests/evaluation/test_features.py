"""Features have the values that one can work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.line import Line
from daw_bridge.evaluation import features
from daw_bridge.evaluation.diversity import bar_shape, copied_share, rareness, shapes, vendi
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks


def bar(*notes: tuple[int, int], tied: bool = False) -> Bar:
    """Build a bar of quarter notes, each a start in quarters and a pitch."""
    return Bar.of(
        Note(Ticks(480 * start), pitch, Ticks(480), 90, tied=tied and start == 0)
        for start, pitch in notes
    )


SCALE = [bar((0, 60), (1, 62), (2, 64), (3, 65)), bar((0, 67), (1, 69), (2, 71), (3, 72))]


def test_rates_of_bars() -> None:
    assert features.density(SCALE) == 4
    assert features.density([bar((0, 60), (1, 60), tied=True)]) == 1
    assert features.empty_bar_rate([*SCALE, Bar(), Bar()]) == 0.5
    assert features.groove_consistency(SCALE) == 1
    assert features.groove_consistency([bar((0, 60)), bar((1, 60))]) == 1 - 2 / 16
    assert features.groove_consistency([bar((0, 60)), Bar(meter=Meter(3, 4))]) == 0


def test_pitches_and_scales() -> None:
    assert features.pitch_class_entropy(SCALE, 1) == 2
    assert features.pitch_class_entropy(SCALE, 2) == pytest.approx(2.75)
    assert features.scale_consistency(SCALE) == 1
    assert features.scale_consistency([bar((0, 60), (1, 61), (2, 62), (3, 63))]) == 0.75
    assert features.pitch_range(SCALE) == 12
    assert features.mean_interval(SCALE) == pytest.approx(12 / 7)
    assert features.mean_distance(SCALE) == 4
    assert features.mean_duration(SCALE) == 4


def test_silence_has_features_as_well() -> None:
    for feature in {**features.PITCHED, **features.DRUMS}.values():
        assert np.isfinite(feature([Bar(), Bar(), Bar(), Bar()]))


def test_alike_distributions_overlap_and_others_do_not() -> None:
    rng = np.random.default_rng(1)
    real, alike, other = rng.normal(0, 1, 200), rng.normal(0, 1, 200), rng.normal(40, 1, 200)
    area, nats = features.overlap_and_divergence(real, alike)
    assert area > 0.9
    assert nats < 0.05
    area, nats = features.overlap_and_divergence(real, other)
    assert area < 0.05
    assert nats > 1
    assert features.overlap_and_divergence(np.ones(4), np.ones(3)) == (1.0, 0.0)


def test_diversity_counts_what_is_different() -> None:
    same, apart = np.tile([1.0, 0, 0], (5, 1)), np.eye(3)
    assert vendi(same) == pytest.approx(1)
    assert vendi(apart) == pytest.approx(3)
    assert vendi(np.concatenate([apart, apart])) == pytest.approx(3)
    vector = features.histogram(SCALE, drums=False)
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector.shape == (192,)


def test_a_moved_bar_is_a_copy_and_another_rhythm_is_not() -> None:
    higher = bar((0, 63), (1, 65), (2, 67), (3, 68))
    assert bar_shape(SCALE[0]) == bar_shape(higher)
    assert bar_shape(Bar()) is None
    known = shapes([SCALE], Line())
    assert copied_share([[higher, Bar(), bar((0, 60), (2, 62))]], known, Line()) == 0.5


def test_excerpts_are_whole() -> None:
    assert [len(e) for e in features.excerpts([SCALE * 2, SCALE], 3)] == [3]


def test_what_each_does_for_diversity_is_its_logarithm_on_the_average() -> None:
    rng = np.random.default_rng(0)
    rows = np.abs(rng.normal(size=(30, 12)))
    rows[5] = np.eye(12)[3]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = rareness(rows)
    assert found.mean() == pytest.approx(np.log(vendi(rows)))
    assert found.argmax() == 5
