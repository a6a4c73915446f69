"""Judges of takes: each model that is shipped can be judged by each of them."""

from __future__ import annotations

import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.daemon.judges import rewards
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Ticks
from daw_bridge.policies.candidates import Candidate
from daw_bridge.policies.load import load

pytest.importorskip("gymnasium", reason="needs the rl extra")


def test_a_tuned_model_is_judged_by_its_rewards_without_the_listener_that_tuned_it() -> None:
    judge = rewards(load(shipped_folder() / "models" / "lead-rl"))
    same, steps = (
        [Bar.of([Note(Ticks(k * PPQ), p, PPQ, 80) for k, p in enumerate(pitches)])] * 2
        for pitches in ([60] * 4, [60, 62, 64, 65])
    )
    marks = [judge(Candidate(bars, lambda: 0.0, Key(0))) for bars in (same, steps)]
    assert marks[1] > marks[0]
