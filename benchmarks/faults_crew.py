"""Workers for `faults.py`, each in a process of its own: what one does not end, another does."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TypeVar

DIES = ["setpriv", "--pdeathsig", "TERM"]
"""Begins a command whose process ends when the one that started it is gone, however that ended."""

PR_SET_PDEATHSIG = 1

REPLACED = 20
"""So many workers that died are replaced: of servers that begin at once now and then one fails."""

Work = TypeVar("Work")


def end_in_order() -> None:
    """Leave by way of each `finally` when ended from outside, without being disturbed in it."""

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_again: None)
        sys.exit(f"ended by {signal.Signals(number).name}")

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)


def end_with_parent() -> None:
    """End in order when the process that started this one is gone."""
    end_in_order()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def shared_out(
    plan: deque[Work], jobs: int, serve: Callable[[Connection], None], late_s: float
) -> Iterator[object]:
    """Have workers do what is planned, beside each other; pass on what they say.

    A worker is sent one thing after another, and says None after each. One that dies is told of,
    and another takes its place; what it had begun goes to the end of the plan. What is left there
    in the end nobody has done: the time was up, or too many workers died.
    """
    crew: dict[Connection, tuple[BaseProcess, Work]] = {}

    def hand(here: Connection, process: BaseProcess) -> None:
        crew[here] = process, plan.popleft()
        with contextlib.suppress(OSError):  # it died: that is read in the next moment
            here.send(crew[here][1])

    def hire() -> None:
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there,))
        process.start()
        there.close()
        hand(here, process)

    def release(here: Connection) -> None:
        process, _ = crew.pop(here)
        here.close()
        process.join()

    context, replaced = get_context("spawn"), 0
    try:
        for _ in range(min(jobs, len(plan))):
            hire()
        while crew:
            for here in wait(list(crew)):
                process, work = crew[here]
                try:
                    said = here.recv()
                except (EOFError, OSError):
                    release(here)
                    plan.append(work)
                    print(f"a worker ended ({process.exitcode}) in {work}", file=sys.stderr)
                    if (replaced := replaced + 1) <= REPLACED:
                        hire()
                    continue
                if said is not None:
                    yield said
                elif plan and time.monotonic() < late_s:
                    hand(here, process)
                else:
                    release(here)
    finally:
        for process, _ in crew.values():
            process.terminate()
        for here in list(crew):
            release(here)
