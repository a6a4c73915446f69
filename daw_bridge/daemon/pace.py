"""Whether this machine makes bars in time that are the best of several."""

from __future__ import annotations

import time

from daw_bridge.daemon.settings import Ready
from daw_bridge.daemon.source import bars_of
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.conductor import DRAFTS_S, LAST_S
from daw_bridge.jam.modes import HEARING
from daw_bridge.music.time import Transport
from daw_bridge.policies.policy import Policy

SHARE = 0.5
"""So much of the time that there is for a bar may its candidates take: other things happen."""

TRIED = 3
"""Bars that are made to measure one; that in the middle counts."""


def check(policy: Policy, jam: Ready) -> None:
    """Measure what a candidate for a bar takes, where there are several, and refuse too many.

    A bar has as long as one sounds: bars are made ahead. Where it hangs on what a player plays, it
    is drafted shortly before its line, and has no longer.

    Raises:
        UserError: this machine cannot draw and judge so many in time.
    """
    file = jam.file
    if file.best_of == 1:
        return
    source = bars_of(policy, file.model_copy(update={"best_of": 2}), jam.primer)
    took_s = []
    for number in range(TRIED):
        begun_s = time.perf_counter()
        source.bar(Ask(jam.primer.bars_before + number, meter=file.meter))
        took_s.append((time.perf_counter() - begun_s) / 2)
    one_s = max(sorted(took_s)[TRIED // 2], 1e-6)
    bar_s = Transport(file.bpm).seconds_at(file.meter.bar_length())
    time_s = min(bar_s, DRAFTS_S[-1] - LAST_S) if file.mode in HEARING else bar_s
    most = max(int(SHARE * time_s / one_s), 1)
    if file.best_of > most:
        raise UserError(
            f"the best of {most} at most in the time of a bar on this machine",
            f"{file.best_of}, each of which takes {one_s * 1000:.0f} ms",
            "ask for fewer",
        )
