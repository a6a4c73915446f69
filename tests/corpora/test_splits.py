"""Splits that a data set keeps as folders, zips or arrays are its splits."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.splits import split_of_folders, split_of_stem
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train/a.mid", "train"),
        ("Train/a.mid", "train"),
        ("TRAINING/deep/er/a.mid", "train"),
        ("valid/a.mid", "valid"),
        ("data/validation/a.mid", "valid"),
        ("val/a.mid", "valid"),
        ("Dev/a.mid", "valid"),
        ("test/a.mid", "test"),
        ("Testing/a.mid", "test"),
        ("train/test/a.mid", "test"),
        ("test/train/a.mid", "test"),
        ("valid/train/a.mid", "valid"),
        ("a/test.mid", ""),
        ("trains/a.mid", ""),
        ("night train/a.mid", ""),
        ("a.mid", ""),
    ],
)
def test_a_folder_named_so_is_a_split(name: str, split: str) -> None:
    assert split_of_folders(name) == split


def test_a_file_of_many_pieces_may_be_named_after_its_split() -> None:
    names = ("songs_train", "jsb-Val", "x.test", "dev", "contest", "a_b")
    assert list(map(split_of_stem, names)) == ["train", "valid", "test", "valid", "", ""]


def test_what_is_read_from_such_folders_has_the_split(tmp_path: Path) -> None:
    for place, folder in enumerate(("Train", "dev", "test", "more")):
        events = [(Ticks(120 * place), note_on(9, 36, 90)), (Ticks(500), note_off(9, 36))]
        path = tmp_path / folder / "a.mid"
        files.write(path, events, tempo_qpm=100, meter=Meter(), name="x")
    with zipfile.ZipFile(tmp_path / "packed_train.zip", "w") as archive:
        archive.write(tmp_path / "more" / "a.mid", "validation/a.mid")
        archive.write(tmp_path / "more" / "a.mid", "a.mid")
    pieces = read([tmp_path], Reading("drums"), workers=1).pieces
    assert {piece.name: piece.split for piece in pieces} == {
        "Train/a.mid": "train",
        "dev/a.mid": "valid",
        "more/a.mid": "",
        "packed_train.zip/a.mid": "train",
        "packed_train.zip/validation/a.mid": "valid",
        "test/a.mid": "test",
    }
