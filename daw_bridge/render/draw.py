"""How the notes of a track are drawn from a model; what only renders does without."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from daw_bridge.daemon.best import OF_CHOICE, best_take, chosen_by
from daw_bridge.daemon.loading import policy_of
from daw_bridge.daemon.recording import write_take
from daw_bridge.daemon.settings import Ready
from daw_bridge.policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Draw:
    """How the notes of a track are drawn: a jam, whose seed is the first that is chosen from."""

    jam: Ready
    model: str
    model_hash: str

    def facts(self) -> dict[str, Any]:
        """Return all that makes the notes again, but the seed, for the manifest."""
        settings = self.jam.file.model_dump(
            mode="json", exclude={"model", "seed", "backend", *OF_CHOICE}, exclude_defaults=True
        )
        of = {"model": self.model, "model_hash": self.model_hash}
        return {**of, "settings": settings, **chosen_by(self.jam.file)}

    def into(self, path: Path) -> dict[str, Any]:
        """Draw the notes, the best of several, into a MIDI file; return what there is to tell.

        Raises:
            UserError: the model cannot be loaded, or the file be written.
        """
        best = best_take(_loaded(self.jam.folder, self.jam.file.rl_mix), self.jam)
        write_take(best.lines, path, self.model)
        marks = {"marks": list(best.marks)} if best.marks else {}
        return {"seed": best.jam.file.seed, **self.facts(), **marks}


@lru_cache(maxsize=1)
def _loaded(folder: Path, rl_mix: float) -> Policy:
    return policy_of(folder, rl_mix)
