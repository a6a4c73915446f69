"""Drum text is a piece a line, on its own grid."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.music.time import Meter
from tests.corpora.sources import pieces_of


def test_text_in_32nds_keeps_its_last_word_in_its_bar(tmp_path: Path) -> None:
    bar = " ".join(["0b000000000"] * 31 + ["0b010000000"]) + " BAR"
    (tmp_path / "fast.txt").write_text(f"{bar} {bar}")
    (piece,) = pieces_of(tmp_path, "drums")
    assert [(b.meter, [n.start for n in b.notes]) for b in piece.bars()] == [(Meter(), [1860])] * 2


def test_drum_text_is_a_piece_a_line(tmp_path: Path) -> None:
    silent = ["0b000000000"] * 15
    bar = " ".join(["0b110000000", *silent, "BAR"])
    (tmp_path / "x_train.txt").write_text(f"{bar} {bar}\n{bar}\n")
    first, second = pieces_of(tmp_path, "drums")
    assert (first.n_bars, second.n_bars, first.split) == (2, 1, "train")
    assert first.notes[:, :3].tolist() == [[0, 0, 36], [0, 0, 38], [1, 0, 36], [1, 0, 38]]


def test_silence_at_the_end_is_kept_and_a_mark_is_not_music(tmp_path: Path) -> None:
    bar = " ".join(["0b100000000", *["0b000000000"] * 15, "BAR"])
    silent = " ".join([*["0b000000000"] * 16, "BAR"])
    for name, encoding in (("a.txt", "utf-8-sig"), ("b.txt", "utf-16")):
        (tmp_path / name).write_text(f"{bar} {silent}", encoding=encoding)
        (piece,) = pieces_of(tmp_path / name, "drums")
        assert [len(each.notes) for each in piece.bars()] == [1, 0]
