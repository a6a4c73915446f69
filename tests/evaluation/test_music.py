"""What judges is the split that is promised: test, else valid, else all that has none."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.training import TrainingFile, load_training
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.evaluation.music import Judged, find


def rolls(path: Path, *splits: str) -> Path:
    """Write packed piano rolls of two pieces a split."""
    rng = np.random.default_rng(1)
    arrays: dict[str, np.ndarray] = {}
    for split in splits:
        arrays[f"{split}_rolls"] = np.packbits(rng.random((12, 88)) < 0.05, axis=1)
        arrays[f"{split}_lengths"] = np.array([5, 7])
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **arrays)
    return path.parent


def judged(folder: Path, preset: TrainingFile | None) -> Judged:
    return find([folder], Frames(), preset=preset, tell=lambda _: None)


@pytest.mark.parametrize("preset", [None, "jsb-quarter"])
@pytest.mark.parametrize(
    ("splits", "split", "known"),
    [
        (("train", "valid", "test"), "test", 2),
        (("train", "valid"), "valid", 2),
        (("valid", "test"), "test", 0),
        (("test",), "test", 0),
    ],
)
def test_the_split_that_is_promised_judges(
    tmp_path: Path, preset: str | None, splits: tuple[str, ...], split: str, known: int
) -> None:
    folder = rolls(tmp_path / "rolls" / "jsb.npz", *splits)
    music = judged(folder, load_training(preset) if preset else None)
    assert (music.split, len(music.pieces), len(music.known)) == (split, 2, known)
    assert {piece.split for piece in music.pieces} == {split}


def test_folders_that_are_named_after_splits_judge_so(tunes: Path) -> None:
    for number, split in enumerate(("Train", "dev", "test")):
        (tunes / split).mkdir()
        (tunes / f"{number}.mid").rename(tunes / split / "tune.mid")
    music = find([tunes], Line(), preset=load_training("lead"), tell=lambda _: None)
    assert music.split == "test"
    assert [piece.name for piece in music.pieces] == ["test/tune.mid"]


def test_nothing_to_judge_is_one_line(
    tiny_model: Path, tunes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(tunes, alone / "train")
    assert run(["evaluate", str(tiny_model), str(alone), "--workers", "1"]) == 2
    err = capsys.readouterr().err
    assert "expected held-out music, found training music alone" in err
    assert err.count("\n") == 2  # "reading", and what is wrong
    folder = rolls(tmp_path / "rolls" / "jsb.npz", "test")
    with pytest.raises(UserError, match="a preset that reads music for the codec frames"):
        find([folder], Frames(), preset=load_training("lead"), tell=lambda _: None)
