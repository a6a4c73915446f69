"""Several takes of a jam, each of its own seed, and which of them is the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from daw_bridge.daemon import opening
from daw_bridge.daemon.recording import Line, Take
from daw_bridge.daemon.settings import Ready, jam_of, need_bars
from daw_bridge.daemon.source import bars_of
from daw_bridge.jam.events import Event, Placed, Watcher, nobody
from daw_bridge.music.notes import Bar
from daw_bridge.policies.policy import Policy
from daw_bridge.registry import JUDGES


@dataclass(frozen=True, slots=True)
class Choice:
    """How a take is chosen: of so many draws, by a judge of `registry.JUDGES`."""

    best_of: int = 1
    judge: str = next(iter(JUDGES))

    def facts(self) -> dict[str, Any]:
        """Return what a manifest says of it; nothing, where there is nothing to choose from."""
        return {"best_of": self.best_of, "judge": self.judge} if self.best_of > 1 else {}


ONE = Choice()
"""The one take that there is."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The take that was chosen: the jam with its seed, what was heard, and what all were marked."""

    jam: Ready
    lines: list[Line]
    marks: Sequence[float] = ()


def best_take(policy: Policy, jam: Ready, choice: Choice, watcher: Watcher = nobody) -> Chosen:
    """Play a jam and the next seeds in virtual time; return the take that its judge marks highest.

    Raises:
        UserError: it has no end, the model cannot play it, or the judge needs what is not there.
    """
    judge = JUDGES.find(choice.judge)(policy) if choice.best_of > 1 else None
    takes, marks = list[tuple[Ready, list[Line]]](), list[float]()
    for seed in range(jam.file.seed, jam.file.seed + choice.best_of):
        seeded = replace(jam, file=jam.file.model_copy(update={"seed": seed}))
        bars = list[Bar]()
        takes.append((seeded, perform(policy, seeded, watcher, bars)))
        if judge is not None:
            marks.append(round(judge(seeded, bars), 4))
    return Chosen(*takes[marks.index(max(marks)) if marks else 0], marks)


def perform(
    policy: Policy, jam: Ready, watcher: Watcher = nobody, bars: list[Bar] | None = None
) -> list[Line]:
    """Play a jam in virtual time; return what was heard. Its bars are added to `bars`.

    Raises:
        UserError: it has no end, or the model cannot play it.
    """
    need_bars(jam)
    take = Take()

    def placed(event: Event) -> None:
        if bars is not None and isinstance(event, Placed):
            bars.append(event.bar)

    watchers: list[Watcher] = [take, watcher, placed]
    opening.perform(jam_of(jam), bars_of(policy, jam.file, jam.primer), watchers)
    return take.lines
