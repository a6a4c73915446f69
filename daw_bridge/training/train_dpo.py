"""Learn from bars that a player kept and rejected: direct preference optimisation, in rounds.

Read from top to bottom: `pairs_of` finds what can be compared, `Dpo.learn` is the method (Rafailov
and others, 2023). Of two bars after the same music the one that was kept is to become likelier than
the one that was rejected, each beside what the network made of it at first. That alone would let
both become less likely, the rejected one more so; therefore the kept one is learnt as music as well
(Pang and others, 2024). No reward is learnt and nothing is drawn for it: what a round draws tells
of reward and diversity alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from daw_bridge.config.jam_names import PLAYER
from daw_bridge.config.tuning import TuningFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.daemon.kept import KeptBar, kept_path, read
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import USUAL_QPM
from daw_bridge.training.batches import Example
from daw_bridge.training.rounds import (
    Round,
    Start,
    examples_of,
    refuse_what_is_no_number,
    side_by_side,
)
from daw_bridge.training.step import step

CONTEXT = 8
"""The last bars before, so many of which are heard."""


class Pair(NamedTuple):
    """A bar that was kept and one that was rejected, after the same bars, told the same."""

    before: tuple[Bar, ...]
    kept: Bar
    rejected: Bar
    conditions: dict[str, str]
    tempo_qpm: float = USUAL_QPM


def pairs_of(judged: Iterable[KeptBar]) -> list[Pair]:
    """Pair bars of a jam that stood in the same place: kept against rejected.

    A bar that is rejected is undone: what takes its place was made as if it had not been, so that
    it counts among what was before for nobody.
    """
    everything = list(judged)
    undone = {(each.jam, each.bar) for each in everything if not each.kept}
    places = defaultdict[Hashable, list[tuple[KeptBar, tuple[Bar, ...]]]](list)
    for each in everything:
        before = tuple(bar for bar in each.before if (each.jam, bar) not in undone)[-CONTEXT:]
        places[each.jam, each.sha256, before].append((each, before))
    return [
        Pair(before, liked.bar, other.bar, _told(liked), float(liked.settings["bpm"]))
        for place in places.values()
        for liked, before in place
        for other, _ in place
        if liked.kept and not other.kept and liked.bar != other.bar
    ]


def pairs_in(preset: TuningFile, model: Path) -> list[Pair]:
    """Read the pairs of a model from the file that a preset names.

    Raises:
        UserError: the file is damaged, or has no bars of this model after the same music.
    """
    path = kept_path() if preset.pairs is None else Path(preset.pairs).expanduser()
    name = model.resolve().name
    judged = [each for each in read(path) if each.model == name]
    if not (pairs := pairs_of(judged)):
        kept = sum(each.kept for each in judged)
        raise UserError(
            f"bars of {name} that were kept, and others that were rejected in their place",
            f"{kept} kept and {len(judged) - kept} rejected in {path}",
            "judge some more: `daw-bridge ctl keep` and `reject`",
        )
    return pairs


class Dpo:
    """The network, and how it learns from pairs."""

    def __init__(self, preset: TuningFile, start: Start, pairs: Sequence[Pair]) -> None:
        self.learner = start.network.eval()
        self.optimizer = torch.optim.Adam(self.learner.parameters(), lr=preset.learning_rate)
        self._preset, self._network = preset, start.network
        self._pairs = _shown(start, pairs)
        self.kept = {"pairs": float(len(self._pairs))}
        with torch.no_grad():
            self._at_first = torch.cat([self._nats([k]) for k in range(len(self._pairs))])

    def learn(self, drawn: Round) -> dict[str, float]:
        """Learn all pairs; tell the loss, of how many the kept one is preferred by now, and more.

        `kept` is by how many nats a bar that was kept is likelier than at first.

        Raises:
            UserError: the run began with other pairs.
        """
        preset, n = self._preset, len(self._pairs)
        if self.kept["pairs"] != n:
            found = f"{n}, where the run began with {self.kept['pairs']:.0f}"
            raise UserError("the same pairs of bars", found, "begin again: --fresh")
        losses, preferred, kept = list[float](), list[bool](), list[float]()
        for number in range(preset.passes):
            order = np.random.default_rng((preset.seed, drawn.number, number)).permutation(n)
            for some in np.array_split(order, -(-n // preset.batch)):
                nats = self._nats(some)
                gained = self._at_first[some] - nats
                better = preset.beta * (gained[:, 0] - gained[:, 1])
                loss = -nn.functional.logsigmoid(better).mean()
                loss = loss + preset.kept_weight * nats[:, 0].mean()
                refuse_what_is_no_number("loss", np.array([loss.item()]), drawn.number)
                step(self.optimizer, self._network, loss, preset.clip)
                losses.append(loss.item())
                preferred += (better > 0).tolist()
                kept += gained[:, 0].tolist()
        told: dict[str, Sequence[float]] = {"loss": losses, "preferred": preferred, "kept": kept}
        return {name: float(np.mean(each)) for name, each in told.items()}

    def _nats(self, some: Iterable[int]) -> Tensor:
        """Return the nats of both bars of pairs [n, 2], from where they are not the same."""
        examples = [each for k in some for each in self._pairs[k]]
        (batch,) = side_by_side(self._network, examples, len(examples))
        nats = self._network.foretold(batch)[0]
        alike = np.repeat([_alike(*self._pairs[k]) for k in some], 2)
        counts = torch.arange(len(nats))[:, None] >= torch.from_numpy(alike)
        return (nats * counts).sum(0).reshape(-1, 2)


def _alike(one: Example, other: Example) -> int:
    """Count the steps at the beginning in which two examples are the same."""
    length = min(len(one), len(other))
    differs = [
        (steps[:length] != other.steps[name][:length]).reshape(length, -1).any(axis=1)
        for name, steps in one.steps.items()
    ]
    found = np.flatnonzero(np.any(differs, axis=0))
    return int(found[0]) if len(found) else length


def _shown(start: Start, pairs: Sequence[Pair]) -> list[tuple[Example, Example]]:
    """Return both bars of each pair as the network is shown them, where it has tokens for both."""
    made = [
        Piece.of(
            "judged",
            [*pair.before, bar],
            conditions={**start.conditions, **pair.conditions},
            tempo_qpm=pair.tempo_qpm,
        )
        for pair in pairs
        for bar in (pair.kept, pair.rejected)
    ]
    shown = iter(examples_of(start, made))
    return [
        (kept, other)
        for kept, other in zip(shown, shown, strict=True)
        if kept is not None and other is not None
    ]


def _told(judged: KeptBar) -> dict[str, str]:
    """Return what a model was told of a bar, but for what hung on a player."""
    said = judged.settings.get("conditions", {})
    return {name: str(value) for name, value in said.items() if value != PLAYER}
