"""The priority of the port process's threads."""

from __future__ import annotations

import contextlib
import os

PRIORITY = 1
"""Real-time, and below that of JACK's own callbacks."""


def raise_priority() -> None:
    """Keep this thread, and those it starts, from being put aside by what is not real-time.

    A thread that is put aside while it holds the interpreter holds up the one that sends. Where the
    system has no such call or the user no such right, nothing changes.
    """
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
