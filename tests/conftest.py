"""Fixtures that tests of several packages share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

# Read by numpy and torch when they are imported. What tests compute is small: one thread is done
# sooner than several that wait for each other, above all where the cores are busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("no clock", deadline=None)  # how long an example takes is no property
settings.load_profile("no clock")

RATE = 48_000


@pytest.fixture(scope="session", autouse=True)
def _no_jam_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep jams that run on this machine out of the tests, which would tell their names apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        yield


@contextmanager
def jackd(name: str, period: int = 256) -> Iterator[subprocess.Popen[bytes]]:
    """Run a JACK server of our own, called `name`, and make it the default one.

    It is synchronous: a cycle waits for its clients, so a machine that is short of time makes
    the tests slow, and never loses an event. Where the system can, it dies with tests that are
    killed: JACK knows eight servers at most, and they would take one away.
    """
    dies = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    command = [*dies, "jackd", "-S", "-n", name, "-r", "-d", "dummy", "-r", str(RATE)]
    command += ["-p", str(period)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait = ["jack_wait", "-s", name, "-w", "-t", "20"]
        subprocess.run(wait, check=True, capture_output=True, timeout=60)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JACK_DEFAULT_SERVER", name)
            yield server
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def jack_server() -> Iterator[None]:
    """Give a JACK server: one of our own, else the one that runs; skip where there is neither."""
    pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")
    if shutil.which("jackd") and shutil.which("jack_wait"):
        with jackd(f"daw-bridge-test-{os.getpid()}"):
            yield
        return
    from daw_bridge.ports.jack_client import server_runs

    if not server_runs():
        pytest.skip("no jackd to start (apt: jackd2), and no JACK server runs")
    yield


@pytest.fixture
def shared_data() -> Path:
    """Give the folder of music beside the checkout; skip where there is none."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the music data in {folder}")
    return folder
