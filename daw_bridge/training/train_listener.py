"""A listener that learns to tell real music from what an agent makes, in turn with it.

Read from top to bottom: `train` is the method. In each turn the agent's new pieces are judged
before anything is learnt of them, beside real ones that are never learnt: so the figures are those
of a listener who hears them for the first time. It learns only while it is fooled; one that knows
all would tell the agent nothing. Old fakes come again, so that what it has found out stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.pictures import charts
from daw_bridge.registry import LISTENERS
from daw_bridge.training import checkpoint
from daw_bridge.training.hearing import Hearing, Mels
from daw_bridge.training.judgement import Reliability, Values, accuracy, auc, reliability
from daw_bridge.training.step import step

CHECKPOINT = "listener.safetensors"
PLOT_NAME = "reliability.png"

_AT_ONCE = 64
"""Pieces that are judged at once."""

_SURELY = 1 - 1e-9
"""So that a fake that is taken for real beyond doubt fools by a finite number."""

_LAST = 3
"""Turns whose mean says whether it is fooled."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a listener learns: `updates` a turn, each of `batch` real pieces and as many fakes.

    Of the fakes the share `replayed` are of the `kept` old ones. After `warm_up` turns it learns
    only while the mean -log(1 - pred_real) of fakes is above `fooled`: that of one who cannot tell.
    """

    model: str = "conv"
    seed: int = 1
    rounds: int = 20
    updates: int = 8
    batch: int = 16
    learning_rate: float = 1e-3
    smoothing: float = 0.1
    replayed: float = 0.5
    kept: int = 512
    warm_up: int = 10
    fooled: float = math.log(2)
    clip: float = 1.0

    def __post_init__(self) -> None:
        LISTENERS.find(self.model)


class Listener:
    """A network that hears pieces of one number of bands, and what it has heard so far."""

    def __init__(self, settings: Settings, bands: int) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.network: Any = LISTENERS[settings.model](bands)
        self.optimizer = torch.optim.Adam(self.network.parameters(), settings.learning_rate)
        self.old = np.zeros((0, 0, bands), np.float32)
        self.n_fakes = 0
        self.history: list[dict[str, float]] = []

    def pred_real(self, mels: Mels) -> Values:
        """Return the chance that each of some mel spectrograms is of real music [piece]."""
        chances: Values = np.exp(self.log_real(mels))
        return chances

    def log_real(self, mels: Mels) -> Values:
        """Return the logarithm of that chance, exact where it is small."""
        return self.log_real_so_far(mels, 1)[:, 0]

    def log_real_so_far(self, mels: Mels, count: int) -> Values:
        """Return the same of the beginnings of pieces, of which there are `count` [piece, count].

        They are as much longer as each other, and the last is the whole.
        """
        with torch.inference_mode():
            heard = torch.from_numpy(mels)
            groups = [heard[k : k + _AT_ONCE] for k in range(0, len(heard), _AT_ONCE)]
            logits = torch.cat([self.network.so_far(group) for group in groups])
        ends = np.arange(1, count + 1) * logits.shape[1] // count - 1
        logs: Values = logsigmoid(logits[:, ends].double()).numpy()
        return logs

    def judge(self, held_mel: Mels, fake_mel: Mels) -> dict[str, float]:
        """Return how well it tells fakes from real pieces that were held out.

        `calibration` is by how much its chances are off; `fooled` the mean -log(1 - pred_real) of
        fakes.
        """
        pred_held, pred_fake = self.pred_real(held_mel), self.pred_real(fake_mel)
        return {
            "accuracy": accuracy(pred_held, pred_fake),
            "auc": auc(pred_held, pred_fake),
            "calibration": reliability(pred_held, pred_fake).error,
            "fooled": float(-np.log1p(-np.minimum(pred_fake, _SURELY)).mean()),
        }

    def turn(self, real_mel: Mels, held_mel: Mels, fake_mel: Mels) -> dict[str, float]:
        """Judge new fakes beside real pieces that were held out; learn, if they fool it.

        Raises:
            UserError: the loss is no number.
        """
        row = {"round": float(len(self.history)), **self.judge(held_mel, fake_mel)}
        learns = self.learns([*self.history, row])
        row["loss"] = self._learn(real_mel, fake_mel) if learns else 0.0
        row["learnt"] = float(learns)
        self._keep(fake_mel)
        self.history.append(row)
        return row

    def learns(self, history: Sequence[dict[str, float]]) -> bool:
        """Whether it learns in the last turn of a history: it warms up, or is fooled."""
        if len(history) <= self.settings.warm_up:
            return True
        return float(np.mean([row["fooled"] for row in history[-_LAST:]])) > self.settings.fooled

    def _learn(self, real_mel: Mels, fake_mel: Mels) -> float:
        settings, losses = self.settings, []
        rng = np.random.default_rng((settings.seed, len(self.history)))
        n_old = round(settings.replayed * settings.batch) if len(self.old) else 0
        for _ in range(settings.updates):
            parts = [
                (real_mel, settings.batch),
                (fake_mel, settings.batch - n_old),
                (self.old, n_old),
            ]
            heard = np.concatenate([each[rng.integers(0, len(each), n)] for each, n in parts if n])
            wanted = torch.full((len(heard),), settings.smoothing / 2)
            wanted[: settings.batch] = 1 - settings.smoothing / 2
            loss = binary_cross_entropy_with_logits(self.network(torch.from_numpy(heard)), wanted)
            step(self.optimizer, self.network, loss, settings.clip)
            losses.append(loss.item())
        if not np.isfinite(losses).all():
            what = f"{losses[-1]} in turn {len(self.history)}"
            raise UserError("a loss that is a number", what, "lower the learning_rate")
        return float(np.mean(losses))

    def _keep(self, fake_mel: Mels) -> None:
        """Keep fakes so that of all there ever were each is as likely to be among the kept."""
        rng = np.random.default_rng((self.settings.seed, len(self.history), 1))
        old = list(self.old)
        for mel in fake_mel:
            self.n_fakes += 1
            if len(old) < self.settings.kept:
                old.append(mel)
            elif (place := int(rng.integers(self.n_fakes))) < self.settings.kept:
                old[place] = mel
        self.old = np.stack(old) if old else self.old

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors that change in it, by name."""
        tensors = checkpoint.tensors_of(self.network, {}, self.optimizer)
        return {**tensors, "old": torch.from_numpy(self.old).half()}

    def progress(self) -> dict[str, Any]:
        """Return all else that changes in it, as plain data."""
        return {"n_fakes": self.n_fakes, "history": self.history}

    def take(self, tensors: Mapping[str, Tensor], progress: Mapping[str, Any]) -> None:
        """Be what `tensors` and `progress` were of.

        Raises:
            UserError: they are of another listener.
        """
        checkpoint.restore(tensors, self.network, {}, self.optimizer)
        self.old = tensors["old"].float().numpy()
        self.n_fakes, self.history = progress["n_fakes"], progress["history"]

    def save(self, path: Path, facts: dict[str, object]) -> None:
        """Write all that changes in it.

        Raises:
            UserError: the disk is full, or the folder cannot be written to.
        """
        progress = {**facts, **self.progress()}
        checkpoint.save(path, checkpoint.Checkpoint(self.tensors(), progress))

    def restore(self, path: Path, facts: dict[str, object]) -> bool:
        """Take what `save` wrote; False where there is none.

        Raises:
            UserError: it is damaged, or that of another listener.
        """
        if (found := checkpoint.load(path, facts)) is None:
            return False
        self.take(found.tensors, found.progress)
        return True


def train(
    settings: Settings,
    real_mel: Mels,
    held_mel: Mels,
    draw: Callable[[int], Mels],
    out: Path,
    *,
    fresh: bool = False,
    report: Callable[[dict[str, float]], None] = lambda _: None,
) -> Listener:
    """Train a listener for all rounds; `draw` gives the fakes of a round as the agent then is.

    `out` holds the listener after each round, from which a run that was interrupted goes on;
    `fresh` begins again.

    Raises:
        UserError: there is nothing to hear, the loss is no number, the listener in `out` is of
            another run, the disk is full.
    """
    if not len(real_mel) or not len(held_mel):
        raise UserError("real music to learn and to judge by", "none", "name more music")
    listener = Listener(settings, real_mel.shape[2])
    heard = [float(each.sum(dtype=np.float64)) for each in (real_mel, held_mel)]
    facts = json.loads(json.dumps({"listener": asdict(settings), "heard": heard}))
    if not fresh:
        listener.restore(out / CHECKPOINT, facts)
    while len(listener.history) < settings.rounds:
        fake_mel = halved(draw(len(listener.history)))
        row = listener.turn(real_mel, held_mel, fake_mel)
        listener.save(out / CHECKPOINT, facts)
        report(row)
    return listener


def halved(mels: Mels) -> Mels:
    """Return fakes as they are kept: so what goes on from a file is what never stopped."""
    return mels.astype(np.float16).astype(np.float32)


def load(folder: Path) -> Listener:
    """Read the listener that `train` left in a folder.

    Raises:
        UserError: there is none, or it is damaged.
    """
    path = folder / CHECKPOINT
    if (found := checkpoint.load(path, {})) is None:
        raise UserError("the folder of a listener", f"no {path}", "make one: daw-bridge listen")
    try:
        listener = Listener(Settings(**found.progress["listener"]), found.tensors["old"].shape[2])
    except (KeyError, TypeError, IndexError) as error:
        raise UserError("a listener", f"something else in {path}", "name another") from error
    listener.restore(path, {})
    return listener


def as_reward(listener: Listener, hearing: Hearing) -> Callable[[Sequence[Bar]], float]:
    """Return what `rewards.Known` asks for: the log chance that bars are real, by ear."""
    return lambda bars: float(listener.log_real(hearing(bars)[None])[0])


def judged(listener: Listener, held_mel: Mels, fake_mel: Mels) -> Reliability:
    """Return how far its chances are to be believed, for the reliability plot."""
    return reliability(listener.pred_real(held_mel), listener.pred_real(fake_mel))


def write_what_it_found(
    listener: Listener, hearing: Hearing, held_mel: Mels, fakes: Sequence[Sequence[Bar]], out: Path
) -> dict[str, float]:
    """Write how far a listener is to be believed, and the sound of what it most takes for real.

    Returned is how well it tells these fakes, as `Listener.judge`.

    Raises:
        UserError: the folder cannot be written to.
    """
    fake_mel = hearing.all(fakes)
    found = judged(listener, held_mel, fake_mel)
    charts.reliability(found.said, found.was, found.count, out / PLOT_NAME, listener.settings.model)
    taken_for_real(listener, hearing, fakes, out)
    return listener.judge(held_mel, fake_mel)


def taken_for_real(
    listener: Listener, hearing: Hearing, fakes: Sequence[Sequence[Bar]], out: Path, count: int = 3
) -> list[Path]:
    """Write the sound of the fakes that it most takes for real, the realest first.

    Raises:
        UserError: the folder cannot be written to.
    """
    order = np.argsort(-listener.pred_real(hearing.all(fakes)), kind="stable")[:count]
    paths = [out / f"taken-for-real-{place + 1}.wav" for place in range(len(order))]
    for path, which in zip(paths, order.tolist(), strict=True):
        hearing.write(fakes[which], path)
    return paths
