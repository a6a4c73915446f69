"""Learn from the best of one's own draws: likelihood on kept pieces, in rounds.

It is the plainest of the ways to learn from a reward: many pieces are drawn, the best of each few
are kept, and the network learns them as it learnt its music.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from daw_bridge.config.tuning import TuningFile
from daw_bridge.training.rounds import Round, Start, batches, best_of, refuse_what_is_no_number


class Distil:
    """Likelihood on what was kept."""

    def __init__(self, preset: TuningFile, start: Start) -> None:
        self.learner = start.network
        self.optimizer = torch.optim.Adam(self.learner.parameters(), lr=preset.learning_rate)
        self.kept: dict[str, float] = {}
        self._preset, self._start = preset, start

    def learn(self, drawn: Round) -> dict[str, float]:
        """Learn the best of each few; tell the mean nats a piece while they were learnt."""
        preset, network = self._preset, self._start.network
        kept = [drawn.drawn[k].bars for k in best_of(drawn.paid, preset.best_of)]
        total = 0.0
        for number in range(preset.passes):
            order = np.random.default_rng((preset.seed, drawn.number, number)).permutation(
                len(kept)
            )
            for batch in batches(self._start, [kept[k] for k in order], preset.batch):
                nats = network.foretold(batch)[0].sum()
                refuse_what_is_no_number("loss", np.array([nats.item()]), drawn.number)
                self.optimizer.zero_grad()
                torch.autograd.backward(nats / preset.batch / preset.bars / 16)
                nn.utils.clip_grad_norm_(network.parameters(), preset.clip)
                self.optimizer.step()
                total += nats.item()
        return {"nats": total / (len(kept) * preset.passes)}
