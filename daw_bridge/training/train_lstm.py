"""Train an LSTM by likelihood: from a preset and a folder of data to a model that plays.

Read from top to bottom: `train` is the method. Same preset, data, machine and number of threads:
same weights, also after an interruption.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils import deterministic

from daw_bridge.config.training import LoopFile, TrainingFile
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.training import checkpoint
from daw_bridge.training.batches import Batch, Example, Segment, chunks, cut, drawn, groups, whole
from daw_bridge.training.materials import Material, build_network
from daw_bridge.training.networks.network import Loss, Network

CHECKPOINT = "checkpoint.safetensors"
CHECKPOINT_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run goes: where it is, tokens a second, and mean losses of the epoch in nats.

    `valid` has losses where an epoch has just ended.
    """

    epoch: float
    epochs: int
    updates: int
    tokens_per_s: float
    losses: dict[str, float]
    valid: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a run has found: a row of `history` for each epoch, and the best network."""

    network: Network
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)
    wall_s: float = 0.0


@dataclass(slots=True, eq=False)
class Run:
    """Everything that changes in a run.

    `updates` counts them; `group` is the next one of `epoch`; `sums` and `counts` are of the
    epoch so far.
    """

    network: Network
    optimizer: torch.optim.Optimizer
    average: dict[str, Tensor]
    best: dict[str, Tensor]
    device: torch.device
    updates: int = 0
    epoch: int = 0
    group: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    wall_s: float = 0.0

    KEPT = ("updates", "epoch", "group", "sums", "counts", "history", "wall_s")


def train(
    preset: TrainingFile,
    material: Material,
    vocabulary: Vocabulary,
    out: Path,
    *,
    fresh: bool = False,
    report: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train until the epochs are over or validation has not improved for `patience` of them.

    Where there are last epochs, patience counts from the first of them. The weights that count
    are an average over the updates. `out` holds the checkpoint, from which a run that was
    interrupted goes on; `fresh` begins again. `stop` is asked after each group of pieces.

    Raises:
        UserError: the loss is no number, the checkpoint is of another run, the disk is full, or
        `longest` is less than pieces may be cut into.
        KeyboardInterrupt: `stop` said so; the checkpoint is written.
    """
    loop = preset.loop
    if loop.longest < material.grid:
        raise UserError(
            f"pieces of at least {material.grid} steps",
            f"longest: {loop.longest}",
            "raise --longest",
        )
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory that it has not written; to fill it first costs an eighth of the
    # time.
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # set in C
    torch.manual_seed(loop.seed)
    run = _begin(preset, vocabulary)
    facts = {"preset": preset.model_dump(), "vocab_size": vocabulary.vocab_size}
    facts = json.loads(json.dumps(facts))
    if not fresh:
        _go_on(run, out / CHECKPOINT, facts)
    saved_s = now_s = start_s = time.monotonic()
    n_tokens, speed = 0, 0.0
    while run.epoch < loop.epochs and not _is_over(run.history, loop):
        rng = np.random.default_rng((loop.seed, run.epoch))
        segments = cut(material.train, loop.longest, material.grid, rng)
        stage = int(run.epoch >= loop.epochs - loop.last_epochs)
        segments = drawn(segments, stage, np.random.default_rng((loop.seed, run.epoch, 1)))
        pieces = groups(segments, loop.batch, rng)
        pieces = pieces[: math.ceil(loop.epoch_share * len(pieces))]
        for number, group in enumerate(pieces):
            hide = rng.random((len(group), run.network.n_chances))
            if number < run.group:
                continue
            share = (run.epoch + number / len(pieces)) / loop.epochs
            n_tokens += _learn(run, group, hide, loop, share)
            run.group = number + 1
            begun_s, now_s = now_s, time.monotonic()
            run.wall_s += now_s - begun_s
            speed = n_tokens / (now_s - start_s)
            report(Progress(share * loop.epochs, loop.epochs, run.updates, speed, _mean(run)))
            if now_s - saved_s > CHECKPOINT_EVERY_S or stop():
                _save(run, out / CHECKPOINT, facts)
                saved_s = now_s
            if stop():
                raise KeyboardInterrupt
        _end_epoch(run, material, loop)
        row = run.history[-1]
        report(Progress(run.epoch, loop.epochs, run.updates, speed, row["train"], row["valid"]))
        _save(run, out / CHECKPOINT, facts)
    _put(run.network, run.best)
    return Result(run.network.cpu().eval(), run.history, _best_row(run.history), run.wall_s)


def _begin(preset: TrainingFile, vocabulary: Vocabulary) -> Run:
    device = device_of(preset.device)
    network = build_network(preset, vocabulary).to(device)
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    return Run(network, optimizer_of(network, preset.loop), average, average, device)


def _go_on(run: Run, path: Path, facts: dict[str, Any]) -> None:
    found = checkpoint.load(path, facts)
    if found is None:
        return
    checkpoint.restore(found.tensors, run.network, run.average, run.optimizer)
    run.best = {name: found.tensors[f"best.{name}"].to(run.device) for name in run.average}
    for name in Run.KEPT:
        setattr(run, name, found.progress[name])


def _save(run: Run, path: Path, facts: dict[str, Any]) -> None:
    tensors = checkpoint.tensors_of(run.network, run.average, run.optimizer)
    tensors |= {f"best.{name}": tensor for name, tensor in run.best.items()}
    progress = {name: getattr(run, name) for name in Run.KEPT}
    checkpoint.save(path, checkpoint.Checkpoint(tensors, {**facts, **progress}))


def _learn(
    run: Run, group: Sequence[Segment], hide: NDArray[np.float64], loop: LoopFile, share: float
) -> int:
    """Take one update for each chunk of a group; give how many steps there were."""
    run.network.train()
    state, n_tokens = None, 0
    for batch in _shown(run.network, group, loop, run.device, hide):
        for settings in run.optimizer.param_groups:
            settings["lr"] = learning_rate(share, run.updates, loop)
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.device.type == "cuda"):
            loss, state = run.network.loss(batch, state)
        state = tuple(part.detach() for part in state)
        total = _total(loss, loop)
        run.optimizer.zero_grad()
        torch.autograd.backward(total)
        norm = nn.utils.clip_grad_norm_(run.network.parameters(), loop.clip)
        _refuse_what_is_no_number(run, loss=total.item(), gradient=norm.item())
        run.optimizer.step()
        run.updates += 1
        decay = min(loop.average, run.updates / (run.updates + 20))
        with torch.no_grad():
            for name, parameter in run.network.named_parameters():
                run.average[name].lerp_(parameter, 1 - decay)
        _add(run.sums, loss.sums)
        _add(run.counts, loss.counts)
        n_tokens += int(next(iter(loss.counts.values())))
    return n_tokens


def _refuse_what_is_no_number(run: Run, **values: float) -> None:
    """Stop before weights that are no numbers are learnt, kept or shipped."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise UserError(
                f"a {name} that is a number",
                f"{value} after {run.updates} updates",
                "begin again with a lower --learning-rate and --fresh; the last checkpoint is kept",
            )


def _total(loss: Loss, loop: LoopFile) -> Tensor:
    """Return the weighted nats per thing of the first kind (a step, a token)."""
    n = next(iter(loss.counts.values())).clamp(min=1)
    return torch.stack([loop.weights.get(k, 1.0) * v for k, v in loss.sums.items()]).sum() / n


def _end_epoch(run: Run, material: Material, loop: LoopFile) -> None:
    live = {name: p.detach().clone() for name, p in run.network.named_parameters()}
    _put(run.network, run.average)
    valid = validate(run.network, material.valid, loop, run.device)
    _put(run.network, live)
    _refuse_what_is_no_number(run, **{"validation loss": valid["loss"]})
    run.history.append({"epoch": run.epoch + 1, "train": _mean(run), "valid": valid})
    if _best_row(run.history)["epoch"] == run.epoch + 1:
        run.best = {name: tensor.clone() for name, tensor in run.average.items()}
    run.epoch, run.group, run.sums, run.counts = run.epoch + 1, 0, {}, {}


def validate(
    network: Network, examples: Sequence[Example], loop: LoopFile, device: torch.device
) -> dict[str, float]:
    """Return the mean nats of each kind of thing, and their weighted sum as `loss`.

    Conditions are hidden.
    """
    network.eval()
    sums, counts = dict[str, float](), dict[str, float]()
    with torch.no_grad():
        for group in groups(whole(examples), loop.batch):
            state = None
            all_hidden = np.zeros((len(group), network.n_chances))
            for batch in _shown(network, group, loop, device, all_hidden):
                loss, state = network.loss(batch, state)
                _add(sums, loss.sums)
                _add(counts, loss.counts)
    row = {name: sums[name] / max(counts[name], 1.0) for name in sums}
    first = max(next(iter(counts.values())), 1.0)
    row["loss"] = sum(loop.weights.get(name, 1.0) * nats for name, nats in sums.items()) / first
    return row


def _put(network: Network, tensors: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(tensors[name])


def _mean(run: Run) -> dict[str, float]:
    return {name: value / max(run.counts[name], 1.0) for name, value in run.sums.items()}


def _best_row(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return min(history, key=lambda row: row["valid"]["loss"])


def _shown(
    network: Network,
    group: Sequence[Segment],
    loop: LoopFile,
    device: torch.device,
    chances: NDArray[np.float64],
) -> Iterator[Batch]:
    """Yield the chunks of a group as the network is shown them, by chances [B, n_chances]."""
    for batch in chunks(group, loop.chunk):
        shown = network.hide(batch, chances, loop)
        yield {name: tensor.to(device) for name, tensor in shown.items()}


def learning_rate(share: float, updates: int, loop: LoopFile) -> float:
    """Rise over the first updates, then fall along a cosine to a fiftieth."""
    fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    return loop.learning_rate * fall * min(1.0, (updates + 1) / loop.warm_up)


def optimizer_of(network: Network, loop: LoopFile) -> torch.optim.AdamW:
    """Build AdamW; vectors (biases) do not decay."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": loop.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=loop.learning_rate,
        betas=(0.9, 0.98),
    )


def device_of(name: str) -> torch.device:
    """Choose the device.

    Raises:
        UserError: CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("a CUDA device", "none", "use --device cpu")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    # cuBLAS gives the same sums each time only with a workspace of its own; torch insists on it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return torch.device("cuda")


def _is_over(history: Sequence[dict[str, Any]], loop: LoopFile) -> bool:
    begun = max(loop.epochs - loop.last_epochs, 0) if loop.last_epochs else 0
    losses = [each["valid"]["loss"] for each in history[begun:]]
    return len(losses) > loop.patience and min(losses[: -loop.patience]) <= min(
        losses[-loop.patience :]
    )


def _add(sums: dict[str, float], more: dict[str, Tensor]) -> None:
    for name, value in more.items():
        sums[name] = sums.get(name, 0.0) + float(value.detach())
