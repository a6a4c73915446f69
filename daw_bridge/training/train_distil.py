"""Learn from the best of one's own draws: likelihood on kept pieces, in rounds.

Read from top to bottom: `distil` is the method. It is the plainest of the ways to learn from a
reward: many pieces are drawn, the best of each few are kept, and the network learns them as it
learnt its music. What it earns is never told without diversity beside it, and how far it has gone
from what it was is measured in each round: the model is the best of those that stayed near.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from daw_bridge.config.training import LoopFile
from daw_bridge.config.tuning import TuningFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Codec
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.registry import LANES
from daw_bridge.training import checkpoint
from daw_bridge.training.batches import Batch, Example, chunks, whole
from daw_bridge.training.lanes.sampler import Drawn, Plan, pieces
from daw_bridge.training.networks.network import Network

CHECKPOINT = "checkpoint.safetensors"

Reward = Callable[[Sequence[Bar]], float]
Diversity = Callable[[Sequence[Sequence[Bar]]], float]

COMPARED = 250
"""Pieces of which diversity is told: it grows with their number, so it is always that."""

_CHUNK = 32
"""Pieces encoded at once; more would start other processes for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What is begun with: the network, its kind and codec, and what a piece in it is known by."""

    network: Network
    kind: str
    codec: Codec
    conditions: dict[str, str]


@dataclass(slots=True, eq=False)
class Run:
    """Everything that changes in a run; `history` has a row for each round that was measured."""

    network: Network
    optimizer: torch.optim.Optimizer
    best: dict[str, Tensor]
    round: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    KEPT = ("round", "history")


def distil(
    preset: TuningFile,
    start: Start,
    first: Network,
    reward: Reward,
    diversity: Diversity,
    out: Path,
    *,
    fresh: bool = False,
    report: Callable[[dict[str, float]], None] = lambda _: None,
) -> Run:
    """Tune the network of a start, beside a `first` that stays as it is, for all rounds.

    `out` holds the checkpoint of each round, from which a run that was interrupted goes on; `fresh`
    begins again. In the end the network is the best that was near enough and as diverse.

    Raises:
        UserError: the loss is no number, the checkpoint is of another run, the disk is full.
    """
    torch.manual_seed(preset.seed)
    network = start.network.eval()  # nothing is hidden, moved or left out
    live = {name: p.detach().clone() for name, p in network.named_parameters()}
    run = Run(network, torch.optim.Adam(network.parameters(), lr=preset.learning_rate), live)
    facts = json.loads(json.dumps({"tuning": preset.model_dump(), "of": _fingerprint(first)}))
    if not fresh and (found := checkpoint.load(out / CHECKPOINT, facts)) is not None:
        checkpoint.restore(found.tensors, network, run.best, run.optimizer)
        run.round, run.history = found.progress["round"], found.progress["history"]
    while run.round <= preset.rounds:
        begun_s = time.monotonic()
        drawn = _draw(run, preset, start)
        paid = np.array([reward(each.bars) for each in drawn])
        kept = best_of(paid, preset.best_of)
        row = {
            "round": float(run.round),
            "reward": float(paid.mean()),
            "reward_kept": float(paid[kept].mean()),
            "diversity": diversity([each.bars for each in drawn[:: preset.best_of][:COMPARED]]),
            "kl": divergence(start, first, [each.bars for each in drawn[:: preset.best_of]]),
        }
        run.history.append(row)
        if best_round(run.history, preset) == len(run.history) - 1:
            for name, parameter in network.named_parameters():
                run.best[name].copy_(parameter.detach())
        if run.round < preset.rounds:
            row["nats"] = _learn(run, preset, start, [drawn[k] for k in kept])
        row["seconds"] = time.monotonic() - begun_s
        run.round += 1
        report(row)
        tensors = checkpoint.tensors_of(network, run.best, run.optimizer)
        progress = {name: getattr(run, name) for name in Run.KEPT}
        checkpoint.save(out / CHECKPOINT, checkpoint.Checkpoint(tensors, {**facts, **progress}))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(run.best[name])
    return run


def best_of(paid: np.ndarray, n: int) -> list[int]:
    """Return of each n draws on end the number of the best paid one."""
    rows = paid.reshape(-1, n)
    return [n * row + int(best) for row, best in enumerate(rows.argmax(1))]


def best_round(history: Sequence[dict[str, float]], preset: TuningFile) -> int:
    """Return the round that is paid best, of those that stayed near and diverse.

    The first one always did: it is what was begun with.
    """
    least = preset.least_diversity * history[0]["diversity"]
    near = [
        k
        for k, row in enumerate(history)
        if k == 0 or (row["kl"] <= preset.most_kl and row["diversity"] >= least)
    ]
    return max(near, key=lambda k: history[k]["reward"])


def _draw(run: Run, preset: TuningFile, start: Start) -> list[Drawn]:
    """Draw the pieces of a round, in the order of their seeds, which are no other round's."""
    lanes = LANES[start.kind](start.codec, run.network.shape, run.network.tensors(), preset.lanes)
    count = preset.kept * preset.best_of
    first = preset.seed * 1_000_000_007 + run.round * count
    plan = Plan(preset.bars, Meter.parse(preset.meter))
    drawn = pieces(lanes, start.codec, range(first, first + count), plan)
    return sorted(drawn, key=lambda each: each.seed)


def _examples(start: Start, drawn: Sequence[Sequence[Bar]]) -> list[Example]:
    """Return pieces as the network is shown them."""
    made = [Piece.of("drawn", bars, conditions=start.conditions) for bars in drawn]
    groups = [made[k : k + _CHUNK] for k in range(0, len(made), _CHUNK)]
    found = [
        example
        for group in groups
        for example in start.network.examples(group, start.codec, transpose=False)
    ]
    return [each for each in found if each is not None and len(each)]


def _batches(network: Network, examples: Sequence[Example], size: int) -> Iterator[Batch]:
    """Yield whole pieces side by side, of which nothing is told but their tokens."""
    longest = max(map(len, examples))
    for at in range(0, len(examples), size):
        group = whole(examples[at : at + size])
        hidden = np.zeros((len(group), network.n_chances))
        for batch in chunks(group, longest):
            yield network.hide(batch, hidden, LoopFile())


def _nats(network: Network, batch: Batch) -> Tensor:
    """Return the nats of all that is foretold of a batch."""
    return torch.stack(list(network.loss(batch, None)[0].sums.values())).sum()


def _learn(run: Run, preset: TuningFile, start: Start, kept: Sequence[Drawn]) -> float:
    """Learn kept pieces; return the mean nats a piece while they were learnt."""
    examples = _examples(start, [each.bars for each in kept])
    total = 0.0
    for number in range(preset.passes):
        order = np.random.default_rng((preset.seed, run.round, number)).permutation(len(examples))
        shuffled = [examples[k] for k in order]
        for batch in _batches(run.network, shuffled, preset.batch):
            nats = _nats(run.network, batch)
            if not math.isfinite(nats.item()):
                what = f"{nats.item()} in round {run.round}"
                raise UserError("a loss that is a number", what, "lower the learning_rate")
            run.optimizer.zero_grad()
            torch.autograd.backward(nats / preset.batch / preset.bars / 16)
            nn.utils.clip_grad_norm_(run.network.parameters(), preset.clip)
            run.optimizer.step()
            total += nats.item()
    return total / max(len(examples) * preset.passes, 1)


def divergence(
    start: Start, first: Network, drawn: Sequence[Sequence[Bar]], batch: int = 32
) -> float:
    """Return by how many nats a piece a network likes its own draws better than the first did."""
    examples = _examples(start, drawn)
    with torch.inference_mode():
        pairs = [
            (_nats(first, each) - _nats(start.network, each)).item()
            for each in _batches(first, examples, batch)
        ]
    return sum(pairs) / len(examples)


def _fingerprint(network: Network) -> list[float]:
    """Return numbers by which weights are known again."""
    return [float(p.detach().double().sum()) for p in network.parameters()]
