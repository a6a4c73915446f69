"""Memory to compute in, of each thread, in which many environments take turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Made = TypeVar("Made")

_MOST = 32
"""Kinds of memory that a thread keeps; with more of them it begins anew."""

_kept = threading.local()


def of_this_thread(make: Callable[..., Made], *sizes: Hashable) -> Made:
    """Return what `make(*sizes)` gave, the same one each time in the same thread."""
    kept: dict[Any, Any] = _kept.__dict__.setdefault("all", {})
    key = (make, *sizes)
    if key not in kept:
        if len(kept) >= _MOST:
            kept.clear()
        kept[key] = make(*sizes)
    made: Made = kept[key]
    return made
