"""Work spread over processes, its results in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import TypeVar

from daw_bridge.errors import UserError

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

FEW = 32
"""Up to so many jobs are done in the calling process: starting others would take longer."""


def silent(done: int, total: int) -> None:
    """Report to nobody how much is done."""
    del done, total


def spread(
    function: Callable[[list[Job]], Result],
    jobs: Sequence[Job],
    *,
    chunk: int = 32,
    few: int = FEW,
    workers: int | None = None,
    progress: Progress = silent,
) -> list[Result]:
    """Apply a function to chunks of jobs, in processes where that pays; it must be picklable.

    Ctrl-C ends the calling process, and that one its workers: they say nothing of their own.

    Raises:
        UserError: a worker was killed.
        Exception: whatever the function raises.
    """
    chunks = [list(jobs[i : i + chunk]) for i in range(0, len(jobs), chunk)]
    workers = min(workers or os.cpu_count() or 1, len(chunks))
    if workers < 2 or len(jobs) <= few:
        return _collect(map(function, chunks), chunks, progress)
    # A fork of a process with threads (torch has some) may hang, so a clean one is forked.
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload([function.__module__])
        with deaf_to_ctrl_c():
            forkserver.ensure_running()
    deaf = signal.SIGINT, signal.SIG_IGN
    try:
        with ProcessPoolExecutor(workers, context, signal.signal, deaf) as pool:
            return _collect(pool.map(function, chunks), chunks, progress)
    except BrokenProcessPool as error:
        what = "one was killed, for want of memory perhaps"
        raise UserError("processes that work to their end", what, "free memory") from error


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, as do processes that are started in it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no other may say what a signal does
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _collect(
    results: Iterable[Result], chunks: list[list[Job]], progress: Progress
) -> list[Result]:
    total, done = sum(map(len, chunks)), 0
    out: list[Result] = []
    for chunk, result in zip(chunks, results, strict=True):
        out.append(result)
        done += len(chunk)
        progress(done, total)
    return out
