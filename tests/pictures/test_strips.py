"""A bar that comes again has the colour of its first time, and no other bar has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from daw_bridge.pictures import strips


def test_colours_follow_the_bars(tmp_path: Path) -> None:
    path = tmp_path / "strips.png"
    jams = {"seed 1": np.array([0, 1, 0, -1, 4, 4, 6, 7])}
    strips.draw({"jams": jams}, path, title="a title", bars=8)
    picture = imread(path)[:, :, :3]
    height, width, _ = picture.shape
    middle = [int(width * (0.2 + 0.79 * (i + 0.5) / 8)) for i in range(8)]
    row = height - int((0.5 + 0.24 * 0.55) * 110)
    colours = [tuple(picture[row, x].round(2)) for x in middle]
    assert colours[2] == colours[0]
    assert colours[5] == colours[4]
    assert colours[3] == (1, 1, 1)
    assert len(set(colours)) == 6
