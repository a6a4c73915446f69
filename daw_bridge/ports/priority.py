"""The priority of the port process's threads."""

from __future__ import annotations

import contextlib
import os
import threading

PRIORITY = 1
"""Real-time, and below that of JACK's own callbacks."""


def raise_priority() -> None:
    """Keep this thread, and those it starts, from being put aside by what is not real-time.

    A thread that is put aside while it holds the interpreter holds up the one that sends. Where the
    system has no such call or the user no such right, nothing changes.
    """
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))


def may_be_raised() -> bool:
    """Whether a thread of this user may be real-time; asks for it in a thread that then ends."""

    def ask() -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
            allowed.append(True)

    allowed: list[bool] = []
    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    return bool(allowed)
