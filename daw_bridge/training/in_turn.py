"""A listener in turn with what is tuned: it pays, and learns again where it is fooled.

At first it hears the start alone, until it can tell that from real music. From then on it pays each
round as it is, and after that judges and, only while it is fooled, learns what was drawn. So it
goes along with an agent that has found what it does not mind, and does not run away from one that
has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from torch import Tensor

from daw_bridge.config.tuning import ListenerFile
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.training.checkpoint import Checkpoint
from daw_bridge.training.hearing import Hearing, Mels
from daw_bridge.training.judgement import Values
from daw_bridge.training.train_listener import Listener, Settings, halved, write_what_it_found

REMEMBERED = 2048
"""Pieces of which it is remembered how they sound: of a round each is heard several times."""

_PART = "listener."
_TOLD = ("accuracy", "auc", "calibration", "fooled", "learnt")

Pieces = Sequence[Sequence[Bar]]


class InTurn:
    """A listener and all that it hears: `real` pieces, which it learns, and `held` ones.

    Raises:
        UserError: there is no real music to learn or to judge by.
    """

    def __init__(self, preset: ListenerFile, hearing: Hearing, real: Pieces, held: Pieces) -> None:
        if not real or not held:
            raise UserError("real music to learn and to judge by", "none", "name more music")
        self.real = real
        self._hearing, self._warm_up = hearing, preset.warm_up
        self._real_mel, self._held_mel = hearing.all(real), hearing.all(held)
        self._hear = lru_cache(maxsize=REMEMBERED)(hearing)
        settings = Settings(
            preset.kind, seed=preset.seed, updates=preset.updates, warm_up=preset.warm_up,
            fooled=preset.fooled,
        )  # fmt: skip
        self._listener = Listener(settings, self._real_mel.shape[2])

    @property
    def facts(self) -> list[float]:
        """Numbers by which the music that it hears is known again."""
        return [float(each.sum(dtype=np.float64)) for each in (self._real_mel, self._held_mel)]

    def log_real(self, bars: Sequence[Bar]) -> float:
        """Return the log chance that bars are real, which is what `rewards.Known` asks for."""
        return float(self._listener.log_real(self._mels([bars]))[0])

    def so_far(self, pieces: Pieces, count: int) -> Values:
        """Return the same of the beginnings of pieces [piece, count]; the last are the wholes."""
        return self._listener.log_real_so_far(self._mels(pieces), count)

    def _mels(self, pieces: Pieces) -> Mels:
        return np.stack([self._hear(tuple(bars)) for bars in pieces])

    def warm_up(self, fakes: Pieces) -> None:
        """Learn to tell the start from real music, in turns that each hear other pieces of it."""
        for number in range(self._warm_up):
            self.turn(fakes[number :: self._warm_up])

    def turn(self, fakes: Pieces) -> dict[str, float]:
        """Judge new fakes, and learn if it is fooled; return what there is to tell of it."""
        fake_mel = halved(self._mels(fakes))
        row = self._listener.turn(self._real_mel, self._held_mel, fake_mel)
        return {name: row[name] for name in _TOLD}

    def saved(self) -> Checkpoint:
        """Return all that changes in it, under names of its own."""
        named = {_PART + name: tensor for name, tensor in self._listener.tensors().items()}
        return Checkpoint(named, {"listener": self._listener.progress()})

    def take(self, found: Checkpoint) -> None:
        """Go on as `saved` was.

        Raises:
            UserError: that was of another listener.
        """
        tensors: dict[str, Tensor] = {
            name.removeprefix(_PART): tensor
            for name, tensor in found.tensors.items()
            if name.startswith(_PART)
        }
        self._listener.take(tensors, found.progress["listener"])

    def write(self, fakes: Pieces, out: Path) -> None:
        """Write how far it is to be believed, and the sound of what it most takes for real.

        Raises:
            UserError: the folder cannot be written to.
        """
        write_what_it_found(self._listener, self._hearing, self._held_mel, fakes, out)
