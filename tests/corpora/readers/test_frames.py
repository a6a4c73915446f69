"""Frames of pitches, in JSON or packed as piano rolls."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.corpora.material import Unreadable
from daw_bridge.corpora.pieces import PITCH, VOICE
from tests.corpora.sources import pieces_of


def test_frames_of_a_choir_are_held_notes_in_voices(tmp_path: Path) -> None:
    frames = [[72, 67, 64, 48]] * 4 + [[74, 67, -1, 48]] * 4
    (tmp_path / "my_satb_16th.json").write_text(json.dumps({"valid": [frames]}))
    (chip,) = pieces_of(tmp_path, "chip")
    assert chip.split == "valid"
    assert sorted(chip.notes[:, [1, 2, 3, VOICE]].tolist()) == [
        [0, 48, 960, 2],
        [0, 67, 960, 1],
        [0, 72, 480, 0],
        [480, 74, 480, 0],
    ]
    (frames_piece,) = pieces_of(tmp_path, "frames")
    assert frames_piece.n_bars == 8


def test_piano_rolls_are_frames(tmp_path: Path) -> None:
    roll = np.zeros((3, 88), np.uint8)
    roll[0, [0, 87]] = 1
    packed = np.packbits(roll, axis=1)
    np.savez(tmp_path / "r.npz", train_rolls=packed, train_lengths=np.array([1, 2]))
    first, *rest = pieces_of(tmp_path, "frames")
    assert first.notes[:, PITCH].tolist() == [21, 108]
    assert rest == []  # two silent frames hold no notes
    with pytest.raises(Unreadable, match="frames encoding"):
        pieces_of(tmp_path, "line")
