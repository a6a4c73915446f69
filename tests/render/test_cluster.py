"""A cluster of machines makes the tracks that one machine makes, also where one is lost."""

import importlib.util
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.render.cluster import machines
from tests.render.test_factory import NOTES, made
from tests.render.tunes import tune

ROOT = Path(__file__).parents[2]

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="needs Ray (pip install 'daw-bridge[ray]')"
)


@pytest.mark.ray
@needs_ray
def test_machines_of_which_one_is_lost_make_the_same_bytes(tmp_path):
    for i in range(8):
        tune(tmp_path / "in" / f"{i}.mid", [(s, d, p + i, v, c) for s, d, p, v, c in NOTES])
    program = [sys.executable, "-m", "tests.render.two_machines", str(tmp_path)]
    done = subprocess.run(
        program, cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said == {"met": True, "out": ["done"] * 8, "sent": ["done"] * 8}
    made_there = [sounds(tmp_path / each) for each in ("out", "sent")]
    for each in (tmp_path / "out").iterdir():
        each.unlink()
    made(tmp_path)
    assert made_there == [sounds(tmp_path / "out")] * 2
    assert len(made_there[0]) == 8


def sounds(folder: Path) -> dict[str, bytes]:
    assert not (folder / ".daw-bridge").exists()
    return {each.name: each.read_bytes() for each in folder.glob("*.wav")}


@needs_ray
@pytest.mark.parametrize("address", ["auto", "local", "10.0.0.1", "a:1:2", "host:99999999"])
def test_an_address_says_which_cluster(address, tmp_path):
    with pytest.raises(UserError, match="HOST:PORT of a Ray cluster"), machines(address, tmp_path):
        pass


@needs_ray
def test_where_nobody_answers_it_is_said_at_once(tmp_path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(UserError, match=f"a Ray cluster at {address}.*refused"):
            machines(address, tmp_path).__enter__()


def test_without_ray_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'daw-bridge\[ray\]'"):
        machines("10.0.0.1:6379", tmp_path).__enter__()
