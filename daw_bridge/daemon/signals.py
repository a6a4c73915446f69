"""What ends a process from outside, as a command of the jam in it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from daw_bridge.jam.commands import Inbox, Stop


@contextmanager
def signals(inbox: Inbox) -> Iterator[None]:
    """Turn what asks a process to end into `Stop`; only the main thread may do so."""

    def stop(number: int, _frame: FrameType | None) -> None:
        inbox.put(Stop(f"stopped by {signal.Signals(number).name}"))

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
