"""Tell when a core stands still: a real-time thread that only wakes up, and how late it was.

    python benchmarks/standstills.py CORE

One line for each wake-up that is late by more than two milliseconds: by how many it was. A core
that does not even run this runs nothing else either; on a virtual machine its host has taken it
away. Ends with standard input.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time

PRIORITY, EVERY_S, LATE_S = 80, 0.001, 0.002


def watch(core: int, over: threading.Event) -> None:
    """Wake up each millisecond on one core. Needs the right to be real-time."""
    os.sched_setaffinity(0, {core})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    due_s = time.monotonic()
    while not over.is_set():
        due_s += EVERY_S
        time.sleep(max(due_s - time.monotonic(), 0))
        late_s = time.monotonic() - due_s
        if late_s > LATE_S:
            print(f"{1000 * late_s:.3f}", flush=True)
            due_s += late_s


def main() -> None:
    """Watch until standard input ends."""
    gc.disable()
    over = threading.Event()
    watching = threading.Thread(target=watch, args=(int(sys.argv[1]), over))
    watching.start()
    sys.stdin.read()
    over.set()
    watching.join()


if __name__ == "__main__":
    main()
