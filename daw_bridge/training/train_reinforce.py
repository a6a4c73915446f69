"""REINFORCE on the network that plays: pieces that were paid better than the others grow likelier.

The small sibling of `train_ppo`: one update a round, a piece is one choice, and what was to be
expected of it is the mean of all others of its round (leave one out).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from daw_bridge.config.tuning import TuningFile
from daw_bridge.training.balance import WEIGHTS, balanced, begun
from daw_bridge.training.rounds import Judge, Round, Start, refuse_what_is_no_number


class Reinforce:
    """The network, and how it learns from a round."""

    def __init__(self, preset: TuningFile, start: Start, judge: Judge) -> None:
        self.learner = start.network
        self.optimizer = torch.optim.Adam(self.learner.parameters(), lr=preset.learning_rate)
        self.kept = begun(preset)
        self._preset, self._network, self._judge = preset, start.network, judge

    def learn(self, drawn: Round) -> dict[str, float]:
        """Take one step along what the pieces of a round gained."""
        preset = self._preset
        self.kept |= balanced(self.kept, drawn, preset)
        rareness = self._judge.rareness([each.bars for each in drawn.drawn])
        paid = drawn.paid + self.kept["diversity"] * rareness
        nats = np.concatenate([seen.nats.sum(0).double().numpy() for seen in drawn.seen])
        first = np.concatenate([seen.first.sum(0).double().numpy() for seen in drawn.seen])
        paid += self.kept["entropy"] * nats - self.kept["kl"] * (first - nats)
        n = len(paid)
        gain = torch.from_numpy((paid - paid.mean()) * n / (n - 1) / (paid.std() + 1e-8)).float()
        self.optimizer.zero_grad()
        for seen in drawn.seen:
            likely = self._network.foretold(seen.batch)[0].sum(0)
            torch.autograd.backward((likely * gain[[*seen.which]]).sum() / n / preset.bars / 16)
        norm = nn.utils.clip_grad_norm_(self._network.parameters(), preset.clip)
        refuse_what_is_no_number("gradient", np.array([norm.item()]), drawn.number)
        self.optimizer.step()
        return {f"weight_{name}": self.kept[name] for name in WEIGHTS}
