"""Candidates for missing bars: what they weigh, and who is chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.music.time import Meter
from daw_bridge.policies.infill import Candidate, Gap, chosen, effective, resampled, weights
from daw_bridge.policies.load import load
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import generator
from tests.tiny_model import write_tiny_model

CODEC = DrumGrid()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return load(write_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


def some_bars(tiny: Policy, count: int, seed: int):
    *_, last = Gap(tiny, CODEC, [], [Meter()] * count, []).candidates(1, generator(seed))
    return list(last[0].bars)


def test_without_what_follows_all_candidates_weigh_the_same(tiny):
    before = some_bars(tiny, 2, 1)
    *_, last = Gap(tiny, CODEC, before, [Meter()] * 2, []).candidates(4, generator(2))
    assert [each.nats for each in last] == pytest.approx([0.0] * 4)
    assert len({each.bars for each in last}) > 1


def test_a_candidate_weighs_what_it_makes_of_what_follows(tiny):
    before, after = some_bars(tiny, 2, 1), some_bars(tiny, 2, 3)
    gap = Gap(tiny, CODEC, before, [Meter()], after)
    *_, last = gap.candidates(5, generator(4))
    for each in last:
        # The same music, as one that is followed from its start: a reckoning of its own.
        logits, state = tiny.step(CODEC.start_token, tiny.initial_state())
        nats = 0.0
        for i, bar in enumerate([*before, *each.bars, *after]):
            grammar = CODEC.grammar(bar.meter)
            for token in CODEC.encode(bar).tolist():
                scores = logits.astype(np.float64)[grammar.allowed()]
                top = scores.max()
                foretold = logits[token] - top - np.log(np.exp(scores - top).sum())
                nats += foretold if i > len(before) else 0.0
                logits, state = tiny.step(token, state)
                grammar.push(token)
        assert each.nats == pytest.approx(nats, abs=1e-3)
        assert gap.known(each.bars).nats == pytest.approx(each.nats, abs=1e-6)


def test_a_candidate_that_was_narrowed_weighs_what_it_was_left(tiny):
    """Of a mask that leaves one token for each, the weight is the chance of just these tokens."""
    (wanted,) = some_bars(tiny, 1, 5)
    tokens = CODEC.encode(wanted).tolist()

    class Script:
        def __init__(self, inner):
            self.inner, self.at = inner, 0

        def allowed(self):
            mask = self.inner.allowed()
            if mask is None:
                return None
            only = np.zeros_like(mask)
            only[tokens[self.at]] = True
            return only

        def push(self, token):
            self.inner.push(token)
            self.at += 1

    narrowed = Gap(tiny, CODEC, [], [Meter()], [], narrow=lambda grammar, _: Script(grammar))
    *_, (found,) = narrowed.candidates(1, generator(0))
    assert found.bars == (wanted,)
    followed = Gap(tiny, CODEC, [], [], [wanted])
    assert found.nats == pytest.approx(followed.known([]).nats, abs=1e-6)
    assert found.nats < -1


def test_the_same_seed_draws_the_same(tiny):
    gap = Gap(tiny, CODEC, [], [Meter()] * 3, some_bars(tiny, 1, 1))
    first, again, other = (list(gap.candidates(3, generator(seed)))[-1] for seed in (7, 7, 8))
    assert [each.bars for each in first] == [each.bars for each in again]
    assert [each.bars for each in first] != [each.bars for each in other]


NONE = Candidate((), np.zeros(1, np.float32), None)


def weighing(*shares: float) -> list[Candidate]:
    return [replace(NONE, bars=(i,), nats=float(np.log(x))) for i, x in enumerate(shares)]  # type: ignore[arg-type]


def test_the_best_is_the_heaviest_and_chance_follows_weight():
    found = weighing(0.1, 0.7, 0.2)
    assert weights(found) == pytest.approx([0.1, 0.7, 0.2])
    assert chosen(found, generator(0), best=True).bars == (1,)
    rng = generator(1)
    drawn = [chosen(found, rng, best=False).bars[0] for _ in range(2000)]
    assert np.bincount(drawn) / 2000 == pytest.approx([0.1, 0.7, 0.2], abs=0.04)


def test_resampling_keeps_each_by_its_weight_to_within_one():
    shares = np.array([0.05, 0.5, 0.15, 0.3])
    counts = np.bincount(resampled(np.repeat(shares / 10, 10), generator(2)), minlength=40)
    assert counts.sum() == 40
    assert (np.abs(counts - np.repeat(shares / 10, 10) * 40) < 1).all()
    assert effective(np.full(8, 1 / 8)) == pytest.approx(8)
    assert effective(np.array([1.0, 0, 0])) == 1
