"""A JACK server of a benchmark's own, on the dummy driver: real-time, where it is not told else."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence

REAL_TIME = ("-R", "-P", "70")


def start_server(
    name: str, rate: int, period: int, how: Sequence[str] = REAL_TIME, begin: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start a server, as the default one of this process and of those that it starts.

    `begin` stands before its command. Leaves none behind that does not answer.
    """
    command = [*begin, "jackd", *how, "-n", name, "-d", "dummy"]
    own = subprocess.Popen(
        [*command, "-r", str(rate), "-p", str(period)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.environ["JACK_DEFAULT_SERVER"] = name
    try:
        wait = ["jack_wait", "-s", name, "-w", "-t", "30"]
        subprocess.run(wait, check=True, capture_output=True)
    except BaseException:
        end_server(own)
        raise
    return own


def end_server(own: subprocess.Popen[bytes]) -> None:
    """End a server as it is asked to: of a killed one JACK keeps the place, and has few."""
    own.terminate()
    try:
        own.wait(timeout=10)
    except subprocess.TimeoutExpired:
        own.kill()
        own.wait()


@contextlib.contextmanager
def server(name: str, rate: int, period: int, how: Sequence[str] = REAL_TIME) -> Iterator[None]:
    """Run a server for as long as something lasts."""
    own = start_server(name, rate, period, how)
    try:
        yield
    finally:
        end_server(own)
