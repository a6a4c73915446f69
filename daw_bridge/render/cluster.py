"""Tracks made by the machines of a Ray cluster, through joblib's Ray backend.

Ray's processes speak to each other by pickle: who reaches their ports can run there what he likes.
So a cluster is one's own, in a network of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import logging
import os
import re
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daw_bridge import __version__
from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded
from daw_bridge.render.crew import Crew, Lost, make, spread
from daw_bridge.render.engine import Failure
from daw_bridge.render.track import WORK, Entry, Order

ADDRESS = re.compile(r"([\w.-]+):(\d{1,5})")

REACH_S = 5.0
"""How long a cluster may take to answer at all."""

PATIENCE = {"RAY_py_gcs_connect_timeout_s": "10", "RAY_NUM_REDIS_GET_RETRIES": "1"}
"""How long Ray asks for one that answers, and as no cluster does; else it is minutes."""

LARGEST_BYTES = 1 << 32
"""Of a sound that is sent back: no WAV is longer."""

ACTORS = {
    "num_cpus": 0.5,  # of one each: those of a machine that is lost find room on the others
    "max_restarts": 3,
    "max_task_retries": -1,  # a machine that is lost costs many, the restarts are the bound
}
"""What Ray is told of each process; one that is lost it begins elsewhere, with all it had to do."""

SIGN = "sign"
"""A file in `WORK`, by which a machine knows that it sees the folder of all."""


@contextmanager
def machines(address: str, out: Path) -> Iterator[Crew]:
    """Reach a cluster, all of whose processors then make tracks for a folder.

    Raises:
        UserError: Ray is not installed, or there is no cluster.
    """
    ray = _reached(address)
    backend = importlib.import_module("ray.util.joblib.ray_backend").RayBackend
    sign = secrets.token_hex()
    (out / WORK / SIGN).write_text(sign)

    def crew(orders: Iterable[Order]) -> Iterator[Entry]:
        ray_backend = backend(ray_remote_args=ACTORS)
        ray_backend.supports_return_generator = True  # joblib's doubts are of its own pool
        errand = partial(_made_there, sign=sign, version=__version__)
        try:
            for made in spread(errand, map(_absolute, orders), -1, ray_backend):
                yield made.put_down(out / WORK)
        except ray.exceptions.RayError as error:
            raise Lost from error

    with redirect_stdout(_Nowhere()):  # Ray tells there at length what it does about a lost machine
        try:
            yield crew
        finally:
            ray.shutdown()


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


def _reached(address: str) -> Any:
    """Connect to a cluster, and to nothing else; return Ray."""
    if importlib.util.find_spec("ray") is None:
        raise UserError("Ray for a cluster", "none", "pip install 'daw-bridge[ray]'")
    if not (said := ADDRESS.fullmatch(address)):
        raise UserError("HOST:PORT of a Ray cluster", repr(address), "such as 10.0.0.1:6379")
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    ray = importlib.import_module("ray")
    try:
        socket.create_connection((said[1], int(said[2])), REACH_S).close()
        ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        what = str(error).strip().partition("\n")[0]
        raise UserError(
            f"a Ray cluster at {address}", what, "on its first machine: ray start --head"
        ) from error
    return ray


def _absolute(order: Order) -> Order:
    """Name the files of an order so that they are found from any folder."""
    midi, out = order.job.midi.absolute(), order.job.out.absolute()
    return replace(
        order, folder=order.folder.absolute(), job=replace(order.job, midi=midi, out=out)
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of a track; with its files by name, where their folder was not seen."""

    entry: Entry
    files: Mapping[str, bytes] = field(default_factory=dict)

    def put_down(self, work: Path) -> Entry:
        """Write the files that were sent; tell what became of the track."""
        try:
            for name, raw in self.files.items():
                (work / name).write_bytes(raw)
        except OSError as error:
            why = f"{work / self.entry.file}: {error.strerror or error}"
            return replace(self.entry, state=str(Failure.FAILED), why=why)
        return self.entry


def _made_there(order: Order, sign: str, version: str) -> _Made:
    """Make a track on a machine of the cluster: into the folder of all, if that is seen there."""
    try:
        if version != __version__:
            raise UserError(
                f"daw-bridge {version}", __version__, "install the same on all machines"
            )
        seen = _is_seen(order.folder / WORK, sign)
        parent = order.folder / WORK if seen else None
        with TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
            own = replace(order, folder=Path(folder))
            entry = replace(make(own), midi=order.midi)
            files = [each for each in (own.drawn, own.made) if each.exists()]
            if not seen:
                sent = {each.name: read_bounded(each, LARGEST_BYTES, "a track") for each in files}
                return _Made(entry, sent)
            for each in files:  # at once: one that was thought to be lost may make it as well
                each.replace(order.made.with_name(each.name))
            return _Made(entry)
    except (OSError, UserError) as error:
        why = f"{socket.gethostname()}: {error}"
        return _Made(Entry(order.name, order.midi, str(Failure.FAILED), "", why))


def _is_seen(work: Path, sign: str) -> bool:
    try:
        return read_bounded(work / SIGN, len(sign), "a sign") == sign.encode()
    except UserError:
        return False
