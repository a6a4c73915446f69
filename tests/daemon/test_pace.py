"""More candidates for a bar than this machine can draw in time are refused before it plays."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import pace
from daw_bridge.daemon.settings import Ready
from daw_bridge.errors import UserError
from daw_bridge.policies.load import load
from tests.tiny_model import write_tiny_model


def checked(folder: Path, monkeypatch: pytest.MonkeyPatch, two_s: float, **values: Any) -> None:
    """Check a jam on a machine that takes so many seconds for two candidates."""
    looks = count()
    clock = SimpleNamespace(perf_counter=lambda: next(looks) * two_s)
    monkeypatch.setattr(pace, "time", clock)
    model = folder / "tiny"
    jam = Ready(JamFile(model=str(model), bpm=120.0, **values), model)
    pace.check(load(model if model.exists() else write_tiny_model(model)), jam)


def test_half_the_time_of_a_bar_may_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked(tmp_path, monkeypatch, 0.5, best_of=4)  # a bar of 2 s, a candidate takes 0.25 s
    with pytest.raises(UserError, match=r"the best of 4 at most.*found 5, .*250 ms: ask for fewer"):
        checked(tmp_path, monkeypatch, 0.5, best_of=5)
    checked(tmp_path, monkeypatch, 60.0, best_of=1)  # there is nothing to choose


def test_a_bar_that_answers_a_player_has_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked(tmp_path, monkeypatch, 0.05, best_of=2, mode="accompany")
    with pytest.raises(UserError, match="the best of 2 at most"):
        checked(tmp_path, monkeypatch, 0.05, best_of=3, mode="accompany")
