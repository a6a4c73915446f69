"""Several takes of a jam, each of its own seed, and which of them is the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import opening
from daw_bridge.daemon.recording import Line, Take
from daw_bridge.daemon.settings import Ready, jam_of, need_bars
from daw_bridge.daemon.source import bars_of, codec_for
from daw_bridge.jam.events import Event, Placed, Watcher, nobody
from daw_bridge.music.notes import Bar
from daw_bridge.policies.candidates import Candidate
from daw_bridge.policies.policy import Policy
from daw_bridge.registry import JUDGES

OF_CHOICE = frozenset({"best_of", "judge"})
"""Settings that choose among takes, and not among the bars of one."""


def chosen_by(file: JamFile) -> dict[str, Any]:
    """Return what a manifest says of the choice; nothing, where there is nothing to choose from."""
    return {"best_of": file.best_of, "judge": file.judge} if file.best_of > 1 else {}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The take that was chosen: the jam with its seed, what was heard, and what all were marked."""

    jam: Ready
    lines: list[Line]
    marks: Sequence[float] = ()


def best_take(policy: Policy, jam: Ready, watcher: Watcher = nobody) -> Chosen:
    """Play a jam and the next seeds in virtual time; return the take that its judge marks highest.

    So many takes are played as the jam is to be the best of; their bars are drawn once each.

    Raises:
        UserError: it has no end, the model cannot play it, or the judge needs what is not there.
    """
    if jam.file.best_of == 1:
        return Chosen(jam, perform(policy, jam, watcher))
    from daw_bridge.evaluation.likelihood import surprise  # noqa: PLC0415  # it reads music as well

    judge = JUDGES[jam.file.judge](policy)
    codec = codec_for(policy.card, jam.file, jam.primer.bars)
    takes, marks = list[tuple[Ready, list[Line]]](), list[float]()
    for seed in range(jam.file.seed, jam.file.seed + jam.file.best_of):
        seeded = replace(jam, file=jam.file.model_copy(update={"seed": seed, "best_of": 1}))
        bars = list[Bar]()
        takes.append((seeded, perform(policy, seeded, watcher, bars)))
        asked = partial(surprise, policy, codec, bars, jam.file.bpm)
        marks.append(round(judge(Candidate(bars, asked, getattr(codec, "key", None))), 4))
    return Chosen(*takes[marks.index(max(marks))], marks)


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
