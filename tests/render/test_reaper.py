"""REAPER is run as it wants to be; a stand-in does what the real one is known to do."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.cli.main import run
from daw_bridge.errors import UserError
from daw_bridge.render.child import Child
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from daw_bridge.render.reaper import Reaper
from daw_bridge.render.reaper_batch import ReaperBatch
from daw_bridge.render.reaper_program import ReaperSettings, find_reaper
from tests.render.four_bars import NEAR_MS, late_ms, length_s, read_wav, write_four_bars

rpp = pytest.importorskip("rpp", reason="no parser of projects (the test extra)")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")

CHIP = {"name": "all", "js": "DAW Bridge/chip_voice.jsfx", "sliders": [1]}
STAND_IN = Path(__file__).with_name("reaper_stand_in.py")
ENGINES = {"reaper": Reaper, "reaper-batch": ReaperBatch}


def stand_in(folder: Path, mode: str) -> str:
    """Write an executable that is REAPER, and behaves in some way."""
    program = folder / "REA PER"
    root = shlex.quote(str(STAND_IN.parents[2]))
    words = shlex.join([sys.executable, str(STAND_IN), mode])
    program.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {words} "$@"\n')
    program.chmod(0o755)
    return str(program)


def settings(folder: Path, mode: str = "well", *tracks: dict, **more) -> dict:
    return {"tracks": tracks or [CHIP], "program": stand_in(folder, mode), **more}


def model(said: dict) -> ReaperSettings:
    return ReaperSettings.model_validate_json(json.dumps(said))


@pytest.fixture
def midi(tmp_path) -> Path:
    folder = tmp_path / "a 'b\" é"
    folder.mkdir()
    return write_four_bars(folder / "four bars.mid", 97.3)


def render(engine: str, midi: Path, said: dict) -> Path:
    out = midi.with_suffix(".wav")
    ENGINES[engine](model(said)).render(Job(midi, out, engine, said), out)
    return out


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mode", ["well", "an exit code"])
def test_each_note_begins_where_it_is_written(tmp_path, midi, engine, mode):
    sound = read_wav(render(engine, midi, settings(tmp_path, mode)))
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert len(sound.samples) / sound.rate == pytest.approx(length_s(midi) + 1, abs=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mode", ["nothing", "crash"])
def test_where_no_file_comes_it_is_said(tmp_path, midi, engine, mode):
    with pytest.raises(UserError, match="a sound from REAPER, found none") as caught:
        render(engine, midi, settings(tmp_path, mode))
    if (engine, mode) == ("reaper-batch", "nothing"):
        assert "ran but no output: effect not available" in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hang_ends_with_its_time(tmp_path, midi, engine):
    said = settings(tmp_path, "hang")
    out = midi.with_suffix(".wav")
    with Child() as child, pytest.raises(RenderError) as caught:
        child.render(Job(midi, out, engine, said, limit_s=4), out)
    assert caught.value.kind is Failure.HUNG


def test_a_missing_effect_is_no_question_and_leaves_silence(tmp_path, midi):
    said = settings(tmp_path, "well", {"name": "a", "js": "nobody/none.jsfx"})
    assert not np.any(read_wav(render("reaper", midi, said)).samples)


def test_the_profile_is_its_own(tmp_path, midi):
    render("reaper", midi, settings(tmp_path))
    ini = (midi.parent / "profile" / "reaper.ini").read_text()
    assert "errnowarn=5" in ini
    assert (midi.parent / "profile" / "Effects" / "DAW Bridge" / "drum_remap.jsfx").is_file()


def test_what_was_saved_in_reaper_is_put_in(tmp_path, midi):
    chain = tmp_path / "my chain.RfxChain"
    chain.write_text('BYPASS 0 0 0\n<JS "DAW Bridge/chip_voice.jsfx" ""\n0 - -\n>\n')
    template = tmp_path / "mine.RTrackTemplate"
    template.write_text(f'<TRACK\n  NAME "T"\n  <FXCHAIN\n{chain.read_text()}  >\n>\n')
    for saved in ({"chain": str(chain)}, {"template": str(template)}):
        said = settings(tmp_path, "well", {"name": "a", **saved})
        assert Reaper(model(said)).missing() is None
        assert np.any(read_wav(render("reaper", midi, said)).samples)
    said = settings(tmp_path, "well", {"name": "a", "template": str(chain)})
    with pytest.raises(UserError, match="expected a track template"):
        render("reaper", midi, said)


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_reaper(None) is None
    said = {"tracks": [CHIP]}
    assert "https://reaper.fm" in Reaper(model(said)).missing()
    assert "REAPER at /x" in Reaper(model({**said, "program": "/x"})).missing()
    there = settings(tmp_path, "well", {"name": "a", "chain": "/x/y.RfxChain"})
    assert Reaper(model(there)).missing() == "what was saved as /x/y.RfxChain"
    two = settings(tmp_path, "well", CHIP, CHIP)
    assert "one track" in ReaperBatch(model(two)).missing()


def test_reaper_is_found_where_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    program = tmp_path / "opt" / "REAPER" / "reaper"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    if sys.platform == "linux":
        assert find_reaper(None) == program
    monkeypatch.setenv("PATH", str(program.parent))
    assert find_reaper(None) == program


@pytest.mark.parametrize("track", [{"name": "a"}, {**CHIP, "chain": "x"}])
def test_a_track_has_one_instrument(track):
    with pytest.raises(ValueError, match="one of js, chain and template"):
        model({"tracks": [track]})


def test_reaper_is_named_on_the_command_line(tmp_path, midi, capsys):
    program = stand_in(tmp_path, "well")
    out = tmp_path / "out"
    words = ["render", str(midi), "--via", "reaper", "--preset", "reaper-chip", "--out", str(out)]
    assert run([*words, "--reaper", str(tmp_path / "none")]) == 2
    assert "REAPER at" in capsys.readouterr().err
    assert run([*words, "--reaper", program, "--workers", "1"]) == 0
    assert max(map(abs, late_ms(midi, read_wav(out / "four bars.wav")))) < NEAR_MS


def test_a_dry_run_leaves_projects_and_needs_no_reaper(tmp_path, midi, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "projects"
    words = ["render", str(midi), "--via", "reaper", "--dry-run", str(folder)]
    assert run(words) == 0
    assert "wrote 1 project(s)" in capsys.readouterr().out
    (project,) = folder.iterdir()
    assert project.name == "four bars.rpp"
    loaded = rpp.loads(project.read_text())
    said = {each[0]: each[1:] for each in loaded if isinstance(each, list)}
    assert said["RENDER_FILE"] == [str(project.with_suffix(".wav"))]
    assert run(words) == 2
    assert "--force" in capsys.readouterr().err
    assert run([*words, "--force"]) == 0
    other = ["render", str(midi), "--dry-run", str(folder)]
    assert run(other) == 2
    assert "an engine that has projects" in capsys.readouterr().err
    assert run([*other, "--via", "lmms"]) == 0
    assert (folder / "four bars.mmp").is_file()
