"""From a model and real music to a listener's folder: train it, draw and write what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from daw_bridge.config.tuning import TuningFile
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.registry import LANES
from daw_bridge.training.hearing import Hearing, Mels
from daw_bridge.training.lanes.sampler import Plan, pieces
from daw_bridge.training.make_tuned import begin
from daw_bridge.training.train_listener import Settings, train, write_what_it_found

_LANES = 64


def make_listener(
    folder: Path,
    real: Sequence[Sequence[Bar]],
    held: Sequence[Sequence[Bar]],
    out: Path,
    settings: Settings,
    *,
    conditions: Mapping[str, Any],
    meter: Meter,
    pieces_a_round: int = 128,
    threads: int | None = None,
    fresh: bool = False,
    report: Callable[[Mapping[str, float]], None] = lambda _: None,
) -> dict[str, float]:
    """Train a listener on `real` pieces beside those that a model in `folder` draws.

    Drawn pieces are as long as the real ones and told the same `conditions`; no piece is drawn
    twice. Returned is how well it tells `held` pieces from others that are drawn in the end.

    Raises:
        UserError: the model or a condition is not usable; see `train`.
    """
    if threads:
        torch.set_num_threads(threads)
    if not real or not held:
        raise UserError("real music to learn and to judge by", "none", "name more music")
    preset = TuningFile(title="heard", model=str(folder), rewards="-", conditions={**conditions})
    start = begin(preset, folder)
    hearing = Hearing.of_model(folder, **conditions)
    plan = Plan(len(real[0]), meter)
    first = settings.seed * 1_000_000_007

    def draw(number: int) -> list[tuple[Bar, ...]]:
        lanes = LANES[start.kind](start.codec, start.network.shape, start.network.tensors(), _LANES)
        seeds = range(first + number * pieces_a_round, first + (number + 1) * pieces_a_round)
        drawn = sorted(pieces(lanes, start.codec, seeds, plan), key=lambda each: each.seed)
        return [each.bars for each in drawn]

    def heard(number: int) -> Mels:
        return hearing.all(draw(number))

    real_mel, held_mel = hearing.all(real), hearing.all(held)
    listener = train(settings, real_mel, held_mel, heard, out, fresh=fresh, report=report)
    return write_what_it_found(listener, hearing, held_mel, draw(settings.rounds), out)
