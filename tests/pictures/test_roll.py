"""A picture of several voices is whole, and the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.pictures.roll import draw

BARS = [
    Bar.of([Note(Ticks(0), 60, Ticks(1920), 90), Note(Ticks(0), 36, Ticks(120), 90, 3)]),
    Bar.of(
        [Note(Ticks(0), 60, Ticks(480), 90, tied=True), Note(Ticks(960), 72, Ticks(480), 60, 1)]
    ),
    Bar(),
]


def test_a_picture_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw(BARS, tmp_path / name, title="x", voices=("one", "two", "three", "noise"), drums=3)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.png", "b.png"))
    assert first.startswith(b"\x89PNG")
    assert first == second


def test_silence_can_be_drawn(tmp_path: Path) -> None:
    draw([Bar()], tmp_path / "a.png", title="nothing")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_a_place_that_cannot_be_written_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError):
        draw(BARS, tmp_path / "file" / "a.png", title="x")
