"""LMMS renders for real, without a window."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.render.job import Job
from daw_bridge.render.lmms import Lmms, LmmsSettings
from tests.render.four_bars import NEAR_MS, hz_of, late_ms, length_s, rendered, write_four_bars

PRESETS = ("lmms-nes", "lmms-gameboy", "lmms-opl2", "lmms-sid")
PULSE = {"name": "a", "instrument": "nes", "settings": {"on1": 1, "vol1": 15, "vol": 1}}

lmms = pytest.mark.skipif(shutil.which("lmms") is None, reason="no LMMS (apt: lmms)")


def engine(*tracks) -> Lmms:
    return Lmms(LmmsSettings.model_validate({"tracks": tracks or (PULSE,)}))


@lmms
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("part", ["pulse 1", "pulse 2", "triangle", "noise", "something else"])
def test_each_note_begins_where_it_is_written(engine_process, tmp_path, preset, part):
    drums = part == "noise"
    pitches = (36, 38, 42, 46) if drums else (57, 64, 69, 60)
    midi = write_four_bars(tmp_path / "é 'a b.mid", 97.3, 9 if drums else 0, pitches)
    sound = rendered(engine_process, midi, preset, tmp_path, {9 if drums else 0: part})
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert len(sound.samples) / sound.rate >= length_s(midi) + 0.5 - 0.001
    assert 0.02 < np.abs(sound.samples).max() < 1


@lmms
def test_an_instrument_is_in_tune(engine_process, tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 60, pitches=(69,))
    sound = rendered(engine_process, midi, "lmms-sid", tmp_path)
    assert abs(hz_of(sound, 0.0, 0.25) - 440) < 2


@lmms
def test_the_version_is_what_lmms_says():
    assert engine().version().startswith("LMMS 1.")
    assert engine().missing() is None


@lmms
def test_what_lmms_refuses_is_told(tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 120)
    with pytest.raises(UserError, match="a sound from LMMS, found none"):
        engine().render(Job(midi, midi, "lmms", rate=1), tmp_path / "a.wav")


def test_without_lmms_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "apt install lmms" in engine().missing()


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.mid"):
        engine().render(Job(Path("nothing.mid"), Path("a.wav"), "lmms"), tmp_path / "a.wav")
