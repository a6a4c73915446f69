"""Processes of this machine that make tracks at once, through joblib."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from daw_bridge.corpora.parallel import deaf_to_ctrl_c
from daw_bridge.render.track import Entry, Maker, Order

Result = TypeVar("Result")

Crew = Callable[[Iterable[Order]], Iterator[Entry]]
"""Makes tracks at once and tells of each when it is made. Raises `Lost`."""


class Lost(Exception):  # noqa: N818 -- no error of ours
    """A process was killed; what all of them had begun is lost."""


@contextmanager
def cores(workers: int) -> Iterator[Crew]:
    """Begin processes of this machine; they end with us, whether we leave or are killed."""
    here, our_end = multiprocessing.Pipe(duplex=False)

    def crew(orders: Iterable[Order]) -> Iterator[Entry]:
        several = max(workers, 2)  # joblib would make one the calling process, which must not die
        begin = {"initializer": _begin, "initargs": (here,)}
        try:
            yield from spread(make, orders, several, "loky", **begin)
        except BrokenExecutor as error:
            raise Lost from error

    try:
        yield crew
    finally:
        get_reusable_executor(kill_workers=True).shutdown(kill_workers=True)
        our_end.close()
        here.close()


def spread(
    function: Callable[[Order], Result],
    orders: Iterable[Order],
    workers: int,
    backend: Any,
    **options: Any,
) -> Iterator[Result]:
    """Call a function for each order, at once; when nobody asks for more, what is begun is let go.

    `backend` is one of joblib's, whose `options` are passed to it.
    """
    parallel = Parallel(
        workers,
        backend=backend,
        batch_size=1,
        max_nbytes=None,  # no array goes through a file of its own
        return_as="generator_unordered",
        **options,
    )
    with deaf_to_ctrl_c():  # as are the processes that begin here
        made = parallel(delayed(function)(order) for order in orders)
    try:
        for each in made:  # noqa: UP028 -- `yield from` would let joblib warn that it is let go
            yield each
    finally:
        with warnings.catch_warnings(action="ignore"):
            made.close()


def _begin(here: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked for the tracks ends us
    threading.Thread(target=_end_with, args=(here,), daemon=True).start()


def _end_with(other: Connection) -> None:
    """End when whoever asked for the tracks is killed, in the middle of one if need be."""
    other.poll(None)
    os._exit(1)


def make(order: Order) -> Entry:
    """Make a track, in a process that makes others before and after."""
    return _maker().make(order)


@cache
def _maker() -> Maker:
    return Maker()
