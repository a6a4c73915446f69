"""Tracks made by several processes at once; where one is lost, its track is made again."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from daw_bridge.corpora.parallel import start_server
from daw_bridge.errors import UserError
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.track import Entry, Maker, Order

TRIES = 3
"""So often a track is begun whose process was killed, for want of memory perhaps."""


def make_all(orders: Sequence[Order], workers: int) -> Iterator[Entry]:
    """Make tracks, and tell of each when it is made; one worker is the calling process."""
    if min(workers, len(orders)) < 2:
        with Maker() as maker:
            yield from map(maker.make, orders)
        return
    left = list(orders)
    for _ in range(TRIES):
        lost: list[Order] = []
        yield from _made(left, min(workers, len(left)), lost)
        if not (left := lost):
            return
    for order in left:
        why = UserError("a process that works to its end", "that it was killed", "free memory")
        error = RenderError(Failure.CRASHED, why)
        yield Entry(order.name, order.midi, str(error.kind), order.key(), str(error))


def _made(orders: Sequence[Order], workers: int, lost: list[Order]) -> Iterator[Entry]:
    """Make tracks in processes of their own; those that none could finish go to `lost`."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload([__name__])
        start_server()
    pool = ProcessPoolExecutor(workers, context, _begin)
    try:
        made: dict[Future[Entry], Order] = {pool.submit(_make, order): order for order in orders}
        for future in as_completed(made):
            try:
                yield future.result()
            except BrokenProcessPool:
                lost.append(made[future])
            del made[future]
    except BrokenProcessPool:
        lost.extend(orders)
    except BaseException:  # Ctrl-C: what is half made is not waited for
        for process in multiprocessing.active_children():
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_MAKER: list[Maker] = []
"""The one of this process."""


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked for the tracks ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _MAKER.append(Maker())


def _end_with_parent() -> None:
    """End when whoever asked for the tracks is killed, in the middle of one if need be."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _make(order: Order) -> Entry:
    return _MAKER[0].make(order)
