"""What all ways of tuning share: in rounds, pieces are drawn, paid, measured, and learnt from.

Read from top to bottom: `tune` is the loop, a `Method` what learns. What is earned is never told
without diversity beside it, and how far the network has gone from what it was is measured in each
round: the model is the best of those that stayed near.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.config.rewards import TermFile
from daw_bridge.config.training import LoopFile
from daw_bridge.config.tuning import TuningFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Codec
from daw_bridge.envs.rewards import worth
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.registry import LANES
from daw_bridge.training import checkpoint
from daw_bridge.training.batches import Batch, Example, chunks, whole
from daw_bridge.training.in_turn import InTurn
from daw_bridge.training.lanes.sampler import Drawn, Plan, pieces
from daw_bridge.training.networks.network import Network

CHECKPOINT = "checkpoint.safetensors"

COMPARED = 250
"""Pieces of which diversity is told: it grows with their number, so it is always that."""

Bars = Sequence[Bar]
Floats = NDArray[np.float64]

_CHUNK = 32
"""Pieces encoded at once; more would start other processes for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What is begun with: the network, its kind and codec, and what a piece in it is known by."""

    network: Network
    kind: str
    codec: Codec
    conditions: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """What a piece is paid, how different pieces are, and what each of them does for that.

    `listener` is who learns in turn with the network, where there is one; the reward asks it. It
    need not hear each beginning of a piece alone to pay it: `ruled` is the reward but for what it
    pays, and `heard` what it pays of so many beginnings of pieces [piece, count], by their number.
    """

    reward: Callable[[Bars], float]
    diversity: Callable[[Sequence[Bars]], float]
    rareness: Callable[[Sequence[Bars]], Floats]
    listener: InTurn | None = None
    ruled: Callable[[Bars], float] | None = None
    heard: Callable[[Sequence[Bars], int], Floats] | None = None

    def hearing(self, term: TermFile, ruled: Callable[[Bars], float]) -> Judge:
        """Return the same, whose listener hears each piece once and pays it by a term."""
        assert self.listener is not None  # noqa: S101
        so_far, pays = self.listener.so_far, np.vectorize(lambda log: worth(log, term))
        return replace(self, ruled=ruled, heard=lambda some, count: pays(so_far(some, count)))


class Seen(NamedTuple):
    """Drawn pieces side by side: which they are, and what the network that drew them foretold.

    `nats` and `first` [T, B] are of each step, by that network and by the one begun with; `hidden`
    [T, B, hidden] is what it then knew.
    """

    which: range
    batch: Batch
    nats: Tensor
    hidden: Tensor
    first: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What was drawn in a round, what each was paid, and every `best_of`-th as it was foretold."""

    number: int
    drawn: Sequence[Drawn]
    paid: Floats
    seen: Sequence[Seen]
    row: Mapping[str, float]


class Method(Protocol):
    """A way to learn; `kept` are the numbers that change besides."""

    kept: dict[str, float]

    @property
    def learner(self) -> nn.Module:
        """Return all that learns, the network among it."""

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Return what moves it."""

    def learn(self, drawn: Round) -> dict[str, float]:
        """Learn from a round; return what there is to tell of it."""


@dataclass(slots=True, eq=False)
class Run:
    """What has become of the rounds; `history` has a row for each, and `best` its weights."""

    best: dict[str, Tensor]
    round: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def tune(
    preset: TuningFile,
    start: Start,
    first: Network,
    judge: Judge,
    method: Method,
    out: Path,
    *,
    until: int | None = None,
    fresh: bool = False,
    report: Callable[[dict[str, float]], None] = lambda _: None,
) -> Run:
    """Tune the network of a start, beside a `first` that stays as it is, for all rounds.

    `out` holds the checkpoint of each round, from which a run that was interrupted goes on; `fresh`
    begins again, and `until` ends with a round before the last. In the end the network is the best
    that was near enough and as diverse.

    Raises:
        UserError: a reward or loss is no number, the checkpoint is of another run, or the disk is
            full.
    """
    torch.manual_seed(preset.seed)
    start.network.eval()  # nothing is hidden, moved or left out
    learner = method.learner
    run = Run({name: p.detach().clone() for name, p in learner.named_parameters()})
    listener = judge.listener
    facts = json.loads(json.dumps({"tuning": preset.model_dump(), "of": _fingerprint(first)}))
    if listener is not None:
        facts["heard"] = listener.facts
    if not fresh and (found := checkpoint.load(out / CHECKPOINT, facts)) is not None:
        checkpoint.restore(found.tensors, learner, run.best, method.optimizer)
        run.round, run.history = found.progress["round"], found.progress["history"]
        method.kept.update(found.progress["kept"])
        if listener is not None:
            listener.take(found)
    elif listener is not None:
        listener.warm_up([each.bars for each in drawn(preset.rounds + 1, preset, start)])
    while run.round <= (preset.rounds if until is None else min(until, preset.rounds)):
        begun_s = time.monotonic()
        played = _round(run.round, preset, start, first, judge)
        row = dict(played.row)
        run.history.append(row)
        if best_round(run.history, preset) == len(run.history) - 1:
            for name, parameter in learner.named_parameters():
                run.best[name].copy_(parameter.detach())
        if run.round < preset.rounds:
            row |= method.learn(played)
        if listener is not None:
            row |= listener.turn([each.bars for each in played.drawn[:: preset.best_of]])
        row["seconds"] = time.monotonic() - begun_s
        run.round += 1
        report(row)
        progress = {"round": run.round, "history": run.history, "kept": method.kept}
        tensors = checkpoint.tensors_of(learner, run.best, method.optimizer)
        if listener is not None:
            saved = listener.saved()
            tensors, progress = {**tensors, **saved.tensors}, {**progress, **saved.progress}
        checkpoint.save(out / CHECKPOINT, checkpoint.Checkpoint(tensors, {**facts, **progress}))
    with torch.no_grad():
        for name, parameter in learner.named_parameters():
            parameter.copy_(run.best[name])
    return run


def best_round(history: Sequence[dict[str, float]], preset: TuningFile) -> int:
    """Return the round that is paid best, of those that stayed near and diverse.

    The first one always did: it is what was begun with. A listener that learns pays each round
    otherwise: with one it is the last of them.
    """
    least = preset.least_diversity * history[0]["diversity"]
    near = [
        k
        for k, row in enumerate(history)
        if k == 0 or (row["kl"] <= preset.most_kl and row["diversity"] >= least)
    ]
    if preset.listener is not None:
        return near[-1]
    return max(near, key=lambda k: history[k]["reward"])


def best_of(paid: Floats, n: int) -> list[int]:
    """Return of each n draws on end the number of the best paid one."""
    rows = paid.reshape(-1, n)
    return [n * row + int(best) for row, best in enumerate(rows.argmax(1))]


def _round(number: int, preset: TuningFile, start: Start, first: Network, judge: Judge) -> Round:
    """Draw the pieces of a round, pay and measure them."""
    played = drawn(number, preset, start)
    paid = np.array([judge.reward(each.bars) for each in played])
    refuse_what_is_no_number("reward", paid, number)
    some = [each.bars for each in played[:: preset.best_of]]
    seen = list(_seen(start, first, some, preset.batch))
    row = {
        "round": float(number),
        "reward": float(paid.mean()),
        "reward_kept": float(paid[best_of(paid, preset.best_of)].mean()),
        "diversity": diversity(judge, some),
        "kl": sum(float((each.first - each.nats).sum()) for each in seen) / len(some),
    }
    return Round(number, played, paid, seen, row)


def diversity(judge: Judge, some: Sequence[Bars]) -> float:
    """Return how different pieces are, on the average of as many as are always compared."""
    ends = range(COMPARED, max(len(some), COMPARED) + 1, COMPARED)
    return float(np.mean([judge.diversity(some[end - COMPARED : end]) for end in ends]))


def refuse_what_is_no_number(what: str, values: Floats, number: int) -> None:
    """Stop before what is no number is learnt, kept or shipped."""
    if not np.isfinite(values).all():
        found = f"{values[~np.isfinite(values)][0]} in round {number}"
        do = "mend what gives it, or lower the learning_rate; the last checkpoint is kept"
        raise UserError(f"a {what} that is a number", found, do)


def drawn(number: int, preset: TuningFile, start: Start) -> list[Drawn]:
    """Draw the pieces of a round, in the order of their seeds, which are no other round's."""
    network = start.network
    lanes = LANES[start.kind](start.codec, network.shape, network.tensors(), preset.lanes)
    count = preset.kept * preset.best_of
    first = preset.seed * 1_000_000_007 + number * count
    plan = Plan(preset.bars, Meter.parse(preset.meter))
    found = pieces(lanes, start.codec, range(first, first + count), plan)
    return sorted(found, key=lambda each: each.seed)


def _seen(start: Start, first: Network, some: Sequence[Bars], size: int) -> Iterator[Seen]:
    """Yield pieces side by side, in order, and what the networks foretold of them."""
    at = 0
    with torch.no_grad():
        for batch in batches(start, some, size):
            which = range(at, at + batch["weight"].shape[1])
            nats, hidden = start.network.foretold(batch)
            yield Seen(which, batch, nats, hidden, first.foretold(batch)[0])
            at = which.stop


def batches(start: Start, some: Sequence[Bars], size: int) -> Iterator[Batch]:
    """Yield whole pieces side by side, in order, of which nothing is told but their tokens."""
    made = [Piece.of("drawn", bars, conditions=start.conditions) for bars in some]
    examples = [each for each in examples_of(start, made) if each is not None]
    return side_by_side(start.network, examples, size)


def side_by_side(network: Network, examples: Sequence[Example], size: int) -> Iterator[Batch]:
    """Yield examples side by side, in order, so many at once and whole."""
    longest = max(map(len, examples))
    for at in range(0, len(examples), size):
        group = whole(examples[at : at + size])
        hidden = np.zeros((len(group), network.n_chances))
        for batch in chunks(group, longest):
            yield network.hide(batch, hidden, LoopFile())


def examples_of(start: Start, made: Sequence[Piece]) -> list[Example | None]:
    """Return pieces as the network is shown them; None: a meter that has no token."""
    groups = [made[k : k + _CHUNK] for k in range(0, len(made), _CHUNK)]
    return [
        example
        for group in groups
        for example in start.network.examples(group, start.codec, transpose=False)
    ]


def divergence(start: Start, first: Network, drawn: Sequence[Bars], batch: int = 32) -> float:
    """Return by how many nats a piece a network likes its own draws better than the first did."""
    seen = _seen(start, first, drawn, batch)
    return sum(float((each.first - each.nats).sum()) for each in seen) / len(drawn)


def _fingerprint(network: Network) -> list[float]:
    """Return numbers by which weights are known again."""
    return [float(p.detach().double().sum()) for p in network.parameters()]
