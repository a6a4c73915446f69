"""PPO on the network that plays: each step is a choice, and is paid with its beat.

Read from top to bottom: `Ppo.learn` is the method (Schulman and others, 2017, with generalised
advantages). Many pieces are played at once, a small second head says what is still to be expected,
and choices that turned out better than that become likelier, within bounds. Leaving what was begun
with costs, in each step, as much as keeps the whole at the divergence that is aimed at; real music
is learnt beside it. The second head is never shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from daw_bridge.config.tuning import TuningFile
from daw_bridge.training.advantage import advantages, clipped, moved
from daw_bridge.training.balance import WEIGHTS, balanced, begun, pays
from daw_bridge.training.rounds import Judge, Round, Seen, Start, refuse_what_is_no_number
from daw_bridge.training.songs import Data, nats_a_step
from daw_bridge.training.step import step

VALUE_PASSES, VALUE_BATCH = 4, 4096
"""How often the second head goes over the steps of a round, and how many it learns at once."""


LAST_RATE = 0.9
"""By so much of itself the network's learning rate falls, evenly, until the last round."""


class Expected(nn.Module):
    """What is still to be paid in a piece: by what the network knows, where it is and has got."""

    def __init__(self, hidden: int, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Linear(hidden + 2, width)
        self.second = nn.Linear(width, 1)
        nn.init.zeros_(self.second.weight)

    def forward(self, known: Tensor) -> Tensor:
        """Take [..., hidden + 2]; return [...]."""
        out: Tensor = self.second(self.first(known).relu())[..., 0]
        return out


class Played(NamedTuple):
    """The n steps of pieces that were drawn: `on` [T, B] says where they are.

    `known` [n, hidden + 2] is what the second head sees, `gain` [n] how much more came than was
    expected, and `due` [n] what was to be expected.
    """

    on: Tensor
    known: Tensor
    gain: Tensor
    due: Tensor


class Ppo:
    """The network and its second head, and how both learn from a round."""

    def __init__(
        self, preset: TuningFile, start: Start, judge: Judge, data: Data | None = None
    ) -> None:
        self._preset, self._judge, self._data = preset, judge, data
        self._network, self._expected = start.network, Expected(start.network.shape["hidden"])
        self.learner = nn.ModuleList([self._network, self._expected])
        self.optimizer = torch.optim.Adam(
            [
                {"params": list(self._network.parameters()), "lr": preset.learning_rate},
                {"params": list(self._expected.parameters()), "lr": preset.value_rate},
            ]
        )
        self.kept = {**begun(preset), "updates": 0.0}

    def learn(self, drawn: Round) -> dict[str, float]:
        """Learn what to expect, and, from the second round on, what is better than that."""
        self.kept |= balanced(self.kept, drawn, self._preset)
        played = self._played(drawn)
        told = {"expected": self._learn_what_to_expect(drawn, played)}
        if drawn.number > 0:
            told["moved"] = self._learn_what_is_better(drawn, played)
        return told | {f"weight_{name}": self.kept[name] for name in WEIGHTS}

    def _learn_what_to_expect(self, drawn: Round, played: Sequence[Played]) -> float:
        """Return how much of what came was foreseen: 1 for all, 0 where the mean is as good."""
        known, due = torch.cat([p.known for p in played]), torch.cat([p.due for p in played])
        refuse_what_is_no_number("gain", due.double().numpy(), drawn.number)
        with torch.no_grad():
            missed = (self._expected(known) - due).square().mean()
        rng = np.random.default_rng((self._preset.seed, drawn.number))
        for _ in range(VALUE_PASSES):
            order = torch.from_numpy(rng.permutation(len(due)))
            for some in torch.split(order, VALUE_BATCH):
                loss = (self._expected(known[some]) - due[some]).square().mean()
                self._step(self._expected, loss, drawn.number)
        return 1 - float(missed / (due.var() + 1e-8))

    def _learn_what_is_better(self, drawn: Round, played: Sequence[Played]) -> float:
        """Return by how many nats a step the policy moved, on the average of its updates."""
        slower = 1 - LAST_RATE * drawn.number / self._preset.rounds
        self.optimizer.param_groups[0]["lr"] = slower * self._preset.learning_rate
        gains = torch.cat([each.gain for each in played])
        mean, scale = gains.mean(), gains.std() + 1e-8
        changes = []
        for number in range(self._preset.passes):
            rng = np.random.default_rng((self._preset.seed, drawn.number, number))
            for k in rng.permutation(len(played)).tolist():
                seen, (on, _, gain, _) = drawn.seen[k], played[k]
                change = (seen.nats - self._network.foretold(seen.batch)[0])[on]
                changes.append(float(moved(change.detach())))
                better = (gain - mean) / scale
                loss = clipped(change, better, self._preset.clip_ratio).mean() + self._of_songs()
                self._step(self._network, loss, drawn.number)
                self.kept["updates"] += 1
        return float(np.mean(changes))

    def _played(self, drawn: Round) -> list[Played]:
        """Return the steps of a round, as they were paid."""
        bars = [each.bars for each in drawn.drawn]
        pay = torch.from_numpy(pays(self._judge, self.kept["diversity"], bars)).float()
        return [self._paid(seen, pay[[*seen.which]]) for seen in drawn.seen]

    def _paid(self, seen: Seen, pay: Tensor) -> Played:
        """Pay at the ends of beats, and in each step for staying near and for chance."""
        weight = seen.batch["weight"]
        brought = at_beats(pay, weight)
        got = brought.cumsum(0) - brought
        rewards = brought - self.kept["kl"] * (seen.first - seen.nats)
        rewards += self.kept["entropy"] * seen.nats
        over = torch.linspace(0, 1, len(weight))[:, None].expand_as(weight)
        known = torch.cat([seen.hidden, over[..., None], got[..., None]], 2)
        with torch.no_grad():
            values = self._expected(known) * weight
        nothing = torch.zeros_like(values[0])
        gain = advantages(rewards, values, nothing, 1.0, self._preset.smoothing)
        on = weight > 0
        return Played(on, known[on], gain[on], (gain + values)[on])

    def _of_songs(self) -> Tensor:
        """Return the weighted nats a step of some real music."""
        if self._data is None:
            return torch.zeros(())
        batch = self._data(int(self.kept["updates"]))
        return self._preset.data_weight * nats_a_step(self._network, batch)

    def _step(self, part: nn.Module, loss: Tensor, number: int) -> None:
        """Take a step with one of the two; the other, which the loss is not of, stays."""
        refuse_what_is_no_number("loss", np.array([loss.item()]), number)
        step(self.optimizer, part, loss, self._preset.clip)


def at_beats(pay: Tensor, weight: Tensor) -> Tensor:
    """Return what each beat has brought [T, B], where it ends, by what is paid so far [B, beats].

    Beats are as long as each other, and the last ends with the piece, of which `weight` [T, B] says
    how long it is.
    """
    out, n = torch.zeros_like(weight), pay.shape[1]
    lanes, last = torch.arange(len(pay)), weight.sum(0).long() - 1
    before = torch.zeros_like(pay[:, 0])
    for beat, worth in enumerate(pay.T, 1):
        end = last.clamp(max=beat * len(weight) // n - 1)
        out[end if beat < n else last, lanes] += worth - before
        before = worth
    return out
