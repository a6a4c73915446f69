"""Learn from the best of one's own draws: likelihood on kept pieces, in rounds.

It is the plainest of the ways to learn from a reward: many pieces are drawn, the best of each few
are kept, and the network learns them as it learnt its music; that music beside them, if there is
any, keeps what it knew.
"""

from __future__ import annotations

import numpy as np
import torch

from daw_bridge.config.tuning import TuningFile
from daw_bridge.training.rounds import (
    Judge,
    Round,
    Start,
    batches,
    best_of,
    refuse_what_is_no_number,
)
from daw_bridge.training.songs import Data, nats_a_step
from daw_bridge.training.step import step

_UPDATES = 10_000
"""More than a round has: so that each learns beside other music."""


class Distil:
    """Likelihood on what was kept, and on real music."""

    def __init__(
        self, preset: TuningFile, start: Start, judge: Judge, data: Data | None = None
    ) -> None:
        self.learner = start.network
        self.optimizer = torch.optim.Adam(self.learner.parameters(), lr=preset.learning_rate)
        self.kept: dict[str, float] = {}
        self._preset, self._start, self._judge, self._data = preset, start, judge, data

    def learn(self, drawn: Round) -> dict[str, float]:
        """Learn the best of each few; tell the mean nats a piece while they were learnt."""
        preset, network = self._preset, self._start.network
        bars = [each.bars for each in drawn.drawn]
        marks = drawn.paid
        if preset.rareness:  # it takes a histogram of every piece, and the eigenvectors of all
            marks = marks + preset.rareness * self._judge.rareness(bars)
        kept = [bars[k] for k in best_of(marks, preset.best_of)]
        total, n_updates = 0.0, 0
        for number in range(preset.passes):
            order = np.random.default_rng((preset.seed, drawn.number, number)).permutation(
                len(kept)
            )
            for batch in batches(self._start, [kept[k] for k in order], preset.batch):
                nats = network.foretold(batch)[0].sum()
                refuse_what_is_no_number("loss", np.array([nats.item()]), drawn.number)
                loss = nats / preset.batch / preset.bars / 16
                if self._data is not None:
                    real = self._data(drawn.number * _UPDATES + n_updates)
                    loss = loss + preset.data_weight * nats_a_step(network, real)
                n_updates += 1
                step(self.optimizer, network, loss, preset.clip)
                total += nats.item()
        return {"nats": total / (len(kept) * preset.passes)}
