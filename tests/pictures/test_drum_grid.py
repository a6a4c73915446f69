"""The drum grid: a picture with a mark where each hit is."""

import numpy as np
import pytest
from matplotlib.image import imread

from daw_bridge.music.time import Meter
from daw_bridge.pictures.drum_grid import Stroke, draw


def picture(tmp_path, strokes, bars=4, meter=None):
    path = tmp_path / "grid.png"
    draw(strokes, path, bars=bars, meter=meter or Meter(), title="title", caption="caption")
    return imread(path)[..., :3]


def changed(before, after):
    """Give the rows and columns of the pixels that differ."""
    return np.nonzero(np.abs(before - after).max(axis=2) > 0.02)


def test_a_hit_is_one_box_and_later_is_further_right(tmp_path):
    empty = picture(tmp_path, [])
    first = changed(empty, picture(tmp_path, [Stroke(0, 36, 100)]))
    later = changed(empty, picture(tmp_path, [Stroke(10, 36, 100)]))
    snare = changed(empty, picture(tmp_path, [Stroke(0, 38, 100)]))
    assert first[1].min() < later[1].min() < first[1].max()
    assert snare[0].max() < first[0].min()
    assert np.ptp(first[1]) < 30


def test_loud_is_darker_and_taller_than_soft(tmp_path):
    empty = picture(tmp_path, [])
    loud, soft = (picture(tmp_path, [Stroke(480, 38, v)]) for v in (120, 20))
    assert loud[changed(empty, loud)].mean() < soft[changed(empty, soft)].mean()
    assert np.ptp(changed(empty, loud)[0]) > np.ptp(changed(empty, soft)[0])


def test_a_second_system_begins_with_bar_five(tmp_path):
    empty = picture(tmp_path, [], bars=8)
    rows = [
        changed(empty, picture(tmp_path, [Stroke(bar * 1920, 36, 99)], bars=8))[0].mean()
        for bar in range(8)
    ]
    assert len({round(row) for row in rows[:4]}) == len({round(row) for row in rows[4:]}) == 1
    assert rows[4] > rows[3] + 100


@pytest.mark.parametrize("meter", [Meter(7, 8), Meter(3, 4), Meter(5, 16), Meter(1, 64)])
def test_every_meter_can_be_drawn(tmp_path, meter):
    assert picture(tmp_path, [Stroke(0, 60, 1), Stroke(-20, 49, 127)], 5, meter).shape[2] == 3


def test_the_same_hits_give_the_same_picture(tmp_path):
    strokes = [Stroke(0, 36, 100), Stroke(500, 42, 30)]
    assert np.array_equal(picture(tmp_path, strokes), picture(tmp_path, strokes))
