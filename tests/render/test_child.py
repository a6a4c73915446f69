"""The process of an engine: what goes wrong in it ends one job, and the next is done."""

import dataclasses
import sys
import wave
from pathlib import Path

import pytest

from daw_bridge.render.child import Child
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from daw_bridge.render.wave import read_head
from tests.render.tunes import job_of as tunes_job
from tests.render.tunes import tune

BROKEN = (sys.executable, "-m", "tests.render.broken_engines")


@pytest.fixture
def child(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    with Child(BROKEN) as child:
        yield child


def job_of(folder: Path, engine: str, **fields) -> Job:
    return Job(folder / "a.mid", folder / "a.wav", engine, **fields)


def failure(child: Child, job: Job) -> RenderError:
    with pytest.raises(RenderError) as caught:
        child.render(job, job.out)
    return caught.value


def test_a_job_is_data():
    job = Job(Path("ä b.mid"), Path("o/ü.FLAC"), "lmms", {"x": [1]}, "p", {9: "noise"}, lufs=-16.0)
    assert Job.from_json(job.as_json()) == job
    assert job.format == "flac"
    assert dataclasses.replace(job, out=Path("a.ogg")).format == "ogg"


def test_an_engine_writes_its_sound_and_may_print(child, tmp_path):
    job = job_of(tmp_path, "beep", rate=8000)
    child.render(job, tmp_path / "a.wav")
    child.render(job, tmp_path / "b.wav")
    for name in ("a.wav", "b.wav"):
        with wave.open(str(tmp_path / name)) as file:
            assert (file.getframerate(), file.getnframes()) == (8000, 4000)


def test_a_crash_ends_one_job_and_says_its_last_words(child, tmp_path):
    error = failure(child, job_of(tmp_path, "crash"))
    assert error.kind is Failure.CRASHED
    assert "signal 11: the plugin's last words" in str(error)
    child.render(job_of(tmp_path, "beep"), tmp_path / "b.wav")


def test_a_hang_ends_with_its_time_and_the_next_job_is_done(child, tmp_path):
    error = failure(child, job_of(tmp_path, "hang", limit_s=0.01))
    assert (error.kind, "none after 0.01 s" in str(error)) == (Failure.HUNG, True)
    child.render(job_of(tmp_path, "beep"), tmp_path / "b.wav")


def test_what_an_engine_says_is_kept(child, tmp_path):
    error = failure(child, job_of(tmp_path, "refuse"))
    assert error.kind is Failure.FAILED
    assert str(error) == "expected a plugin at x.vst3, found none: check the path"


def test_the_embedded_engine_renders_a_file_in_its_process(tmp_path):
    midi = tune(tmp_path / "a.mid", [(480, 20, 38, 100, 9)])
    job = dataclasses.replace(tunes_job(midi), rate=44_100)
    with Child() as child:
        assert child.render(job, job.out).startswith("daw-bridge ")
    file = read_head(job.out)
    assert (file.rate, file.length) == (44_100, 2.5 * 44_100)
