"""Bars between given ones, from policies that only run forward.

Candidates for the missing bars are drawn from what stands before them, and weighed by how well each
of them foretells what is known: sequential importance resampling. What is known are the bars that
follow, and in the missing bars the notes of other voices, where one voice alone is missing. A
candidate that is drawn under a mask of what may come next has for each token the share of its
chances that the mask leaves; one that is followed has the chance of each token that was written.
Where few candidates have nearly all of the weight, they are resampled before the next missing bar.

The cost is that of drawing as many bars as `candidates` times the missing bars and those that are
looked ahead to; a policy's states are values, so nothing before the gap is heard twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec, Grammar
from daw_bridge.music.form import UNKNOWN
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.policy import Logits, Policy

Floats = NDArray[np.float64]

Narrow = Callable[[Grammar, int], Grammar]
"""From the grammar of a bar, and its number, to one that allows less."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Bars that may stand in the gap, and where the music is behind them.

    `nats` are the logarithm of its weight since candidates were last resampled.
    """

    bars: tuple[Bar, ...]
    logits: Logits
    state: Any
    nats: float = 0.0


class Gap:
    """Bars of a piece that are missing, and what may stand there.

    `before` and `after` are what is heard of the piece on both sides, in the codec's bars;
    `meters` are those of the missing bars. `narrow` allows less in each of them, by its number
    from 0. Chances are taken at a temperature.
    """

    def __init__(
        self,
        policy: Policy,
        codec: Codec,
        before: Sequence[Bar],
        meters: Sequence[Meter],
        after: Sequence[Bar],
        *,
        narrow: Narrow = lambda grammar, _: grammar,
        temperature: float = 1.0,
    ) -> None:
        self._policy, self._codec, self._narrow = policy, codec, narrow
        self._meters, self._after, self._temperature = meters, after, temperature
        logits, state = policy.step(codec.start_token, policy.initial_state())
        self._start = Candidate((), logits, state)
        for bar in before:
            self._start = self._followed(self._start, bar)
        self._start = replace(self._start, nats=0.0)

    def candidates(self, count: int, rng: np.random.Generator) -> Iterator[list[Candidate]]:
        """Draw so many candidates, and give them after each bar that was drawn or followed."""
        drawn = [self._start] * count
        for number, meter in enumerate(self._meters):
            if number and effective(weights(drawn)) < count / 2:
                drawn = [replace(drawn[i], nats=0.0) for i in resampled(weights(drawn), rng)]
            drawn = [self._drawn(each, number, meter, rng) for each in drawn]
            yield drawn
        for bar in self._after:
            drawn = [self._followed(each, bar) for each in drawn]
            yield drawn

    def known(self, bars: Sequence[Bar]) -> Candidate:
        """Return some bars as a candidate: the weight that they would have."""
        found = self._start
        for number, bar in enumerate(bars):
            found = self._followed(found, bar, number)
        for bar in self._after:
            found = self._followed(found, bar)
        return found

    def _drawn(
        self, place: Candidate, number: int, meter: Meter, rng: np.random.Generator
    ) -> Candidate:
        whole = self._codec.grammar(meter)
        grammar = self._narrow(whole, number)
        logits, state = place.logits, self._policy.told(UNKNOWN, meter, place.state)
        nats = 0.0
        while (allowed := grammar.allowed()) is not None:
            inner = whole.allowed()
            assert inner is not None  # noqa: S101  # what allows less ends with what it narrows
            chances = self._chances(logits, inner)
            left = np.where(allowed, chances, 0.0)
            share = left.sum()
            if share <= 0:  # as good as impossible, and yet it is there
                left, share = allowed.astype(np.float64), 1e-30
                left /= left.sum()
            else:
                left /= share
            nats += float(np.log(share))
            token = int(np.searchsorted(np.cumsum(left), rng.random() * left.sum(), side="right"))
            token = min(token, int(np.flatnonzero(left)[-1]))
            logits, state = self._policy.step(token, state)
            grammar.push(token)
        return Candidate((*place.bars, whole.bar()), logits, state, place.nats + nats)

    def _followed(self, place: Candidate, bar: Bar, number: int | None = None) -> Candidate:
        """Take a bar that is written; with a number, as one in the gap."""
        grammar = self._codec.grammar(bar.meter)
        logits, state = place.logits, self._policy.told(UNKNOWN, bar.meter, place.state)
        nats = 0.0
        for token in self._codec.encode(bar).tolist():
            allowed = grammar.allowed()
            assert allowed is not None  # noqa: S101  # an encoded bar follows its grammar
            if number is None:
                nats += float(np.log(max(self._chances(logits, allowed)[token], 1e-30)))
            logits, state = self._policy.step(token, state)
            grammar.push(token)
        bars = place.bars if number is None else (*place.bars, bar)
        return Candidate(bars, logits, state, place.nats + nats)

    def _chances(self, logits: Logits, allowed: NDArray[np.bool_]) -> Floats:
        """Return the chances of all tokens, those that are allowed; they add up to 1."""
        scores = np.where(allowed, logits.astype(np.float64) / self._temperature, -np.inf)
        chances: Floats = np.exp(scores - scores.max())
        chances /= chances.sum()
        return chances


def weights(candidates: Sequence[Candidate]) -> Floats:
    """Return the weights of candidates, which add up to 1."""
    nats = np.array([each.nats for each in candidates])
    found: Floats = np.exp(nats - nats.max())
    found /= found.sum()
    return found


def effective(found: Floats) -> float:
    """Return how many candidates of equal weight would be as many."""
    return float(1 / np.square(found).sum())


def resampled(found: Floats, rng: np.random.Generator) -> list[int]:
    """Draw as many candidates as there are by their weights, evenly spread (systematically)."""
    places = (np.arange(len(found)) + rng.random()) / len(found)
    drawn = np.searchsorted(np.cumsum(found), places)
    return [int(each) for each in np.minimum(drawn, len(found) - 1)]


def chosen(candidates: Sequence[Candidate], rng: np.random.Generator, *, best: bool) -> Candidate:
    """Return the candidate of the greatest weight, or one drawn by weight."""
    if best:
        return max(candidates, key=lambda each: each.nats)
    return candidates[int(rng.choice(len(candidates), p=weights(candidates)))]
