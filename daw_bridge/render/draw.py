"""How the notes of a track are drawn from a model; what only renders does without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from daw_bridge.daemon.recording import write_take
from daw_bridge.daemon.settings import Ready
from daw_bridge.daemon.takes import perform
from daw_bridge.jam.events import Event, Placed
from daw_bridge.music.notes import Bar
from daw_bridge.policies.load import load
from daw_bridge.policies.policy import Policy
from daw_bridge.registry import JUDGES


@dataclass(frozen=True, slots=True)
class Draw:
    """How the notes of a track are drawn: a jam whose seed is the first of `best_of` seeds."""

    jam: Ready
    model: str
    model_hash: str
    best_of: int = 1
    judge: str = "typical"

    def facts(self) -> dict[str, Any]:
        """Return all that makes the notes again, but the seed, for the manifest."""
        settings = self.jam.file.model_dump(
            mode="json", exclude={"model", "seed", "backend"}, exclude_defaults=True
        )
        chosen = {"best_of": self.best_of, "judge": self.judge} if self.best_of > 1 else {}
        return {"model": self.model, "model_hash": self.model_hash, "settings": settings, **chosen}

    def into(self, path: Path) -> dict[str, Any]:
        """Draw the notes, the best of several, into a MIDI file; return what there is to tell.

        Raises:
            UserError: the model cannot be loaded, or the file be written.
        """
        policy = _loaded(self.jam.folder)
        seeds = [self.jam.file.seed + i for i in range(self.best_of)]
        takes = [_Take.of(policy, self.jam, seed) for seed in seeds]
        marks: list[float] = []
        if self.best_of > 1:
            judge = JUDGES[self.judge](policy)
            marks = [round(judge(each.jam, each.bars), 4) for each in takes]
        best = takes[max(range(len(takes)), key=lambda i: marks[i])] if marks else takes[0]
        write_take(best.lines, path, self.model)
        return {"seed": best.jam.file.seed, **self.facts(), **({"marks": marks} if marks else {})}


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Policy:
    return load(folder)


@dataclass(frozen=True, slots=True)
class _Take:
    jam: Ready
    lines: Any
    bars: list[Bar]

    @classmethod
    def of(cls, policy: Policy, jam: Ready, seed: int) -> _Take:
        bars: list[Bar] = []

        def watch(event: Event) -> None:
            if isinstance(event, Placed):
                bars.append(event.bar)

        seeded = replace(jam, file=jam.file.model_copy(update={"seed": seed}))
        return cls(seeded, perform(policy, seeded, watch), bars)
