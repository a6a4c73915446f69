"""A JACK server of a benchmark's own, on the dummy driver: real-time, where it is not told else."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence

REAL_TIME = ("-R", "-P", "70")


@contextlib.contextmanager
def server(name: str, rate: int, period: int, how: Sequence[str] = REAL_TIME) -> Iterator[None]:
    """Run a JACK server, as the default one of this process and of those that it starts."""
    command = ["jackd", *how, "-n", name, "-d", "dummy"]
    own = subprocess.Popen(
        [*command, "-r", str(rate), "-p", str(period)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.environ["JACK_DEFAULT_SERVER"] = name
    try:
        wait = ["jack_wait", "-s", name, "-w", "-t", "20"]
        subprocess.run(wait, check=True, capture_output=True)
        yield
    finally:
        own.terminate()
        own.wait()
