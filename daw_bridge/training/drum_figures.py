"""How well a policy foretells drums, measured on the policy as it plays, token by token."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.drum_classes import N_WORDS
from daw_bridge.encoding.drum_grid import DrumGrid, Hit, steps_of, word_of
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH, Transport
from daw_bridge.policies.policy import Logits, Policy

_VELOCITIES = np.arange(grid.N_VELOCITIES) * grid.BIN_VELOCITIES + 3


@dataclass(slots=True)
class Tally:
    """Add up what is foretold; figures are means.

    Timing and velocity count the loudest hit of each class in each 16th, as GrooVAE does, in the
    bins of the encoding.
    """

    words: int = 0
    word_nats: float = 0.0
    tokens: int = 0
    feel_nats: float = 0.0
    hits: int = 0
    errors: dict[str, float] = field(default_factory=dict)

    def add(self, **errors: float) -> None:
        """Add to sums by name."""
        for name, value in errors.items():
            self.errors[name] = self.errors.get(name, 0.0) + value

    def figures(self) -> dict[str, float]:
        """Give nats per word; timing errors in ms and 16ths squared; velocity's RMSE."""
        n = max(self.hits, 1)
        means = {name: value / n for name, value in self.errors.items()}
        return {
            "word_nats": self.word_nats / max(self.words, 1),
            "feel_nats_per_hit": self.feel_nats / n,
            "timing_mae_ms": means.get("ms", 0.0),
            "timing_mse_16ths": means.get("square", 0.0),
            "velocity_rmse": math.sqrt(means.get("velocity", 0.0)),
            "quantised_mae_ms": means.get("still_ms", 0.0),
            "quantised_mse_16ths": means.get("still_square", 0.0),
        }


def foretell(
    policy: Policy, pieces: Iterable[tuple[Sequence[Bar], DrumGrid, float]], *, feel_given: bool
) -> Tally:
    """Step a policy through pieces, and tally what it foretells.

    A piece is its bars, a codec with conditions, and its tempo. With `feel_given` every word,
    velocity and offset is foretold from all that was really played before it. Without, the words
    alone are given, and each class has one hit in a 16th: the policy hears its own velocities
    (the mean) and offsets (the median) instead of the drummer's.
    """
    tally = Tally()
    for bars, codec, tempo_qpm in pieces:
        ms = Transport(tempo_qpm).seconds_at(SIXTEENTH) * 1000
        state = policy.initial_state()
        logits, state = policy.step(codec.start_token, state)
        for bar in bars:
            for token in codec.conditions(bar.meter):
                logits, state = policy.step(token, state)
            for step in steps_of(bar):
                word = word_of(step)
                tally.words += 1
                tally.word_nats += _nats(logits, word, slice(0, N_WORDS))
                logits, state = policy.step(word, state)
                for hits in step:
                    logits, state = _hear(policy, logits, state, hits, tally, ms, feel_given)
            logits, state = policy.step(grid.BAR, state)
    return tally


def _hear(policy, logits, state, hits: tuple[Hit, ...], tally: Tally, ms: float, given: bool):  # noqa: PLR0917
    if not hits:
        return logits, state
    loudest = max(range(len(hits)), key=lambda k: (hits[k][1], -k))
    for k, (offset, velocity) in enumerate(hits):
        if not given and k != loudest:
            continue
        chances = _chances(logits, slice(grid.VELOCITY, grid.OFFSET_LAST))
        mean = float(chances @ _VELOCITIES)
        tally.feel_nats -= math.log(max(chances[velocity], 1e-30))
        heard = velocity if given else round((mean - 3) / grid.BIN_VELOCITIES)
        logits, state = policy.step(grid.VELOCITY + heard, state)
        both = _chances(logits, slice(grid.OFFSET_LAST, grid.METER))
        chances = both[: grid.N_OFFSETS] + both[grid.N_OFFSETS :]
        more = given and k < len(hits) - 1
        tally.feel_nats -= math.log(max(both[offset + grid.N_OFFSETS * more], 1e-30))
        median = int(np.searchsorted(np.cumsum(chances), 0.5))
        if k == loudest:
            unit = grid.BIN_TICKS / SIXTEENTH
            error, still = (median - offset) * unit, (offset - grid.N_OFFSETS // 2) * unit
            expected = float(chances @ np.arange(grid.N_OFFSETS))
            tally.hits += 1
            tally.add(
                ms=abs(error) * ms,
                square=((expected - offset) * unit) ** 2,
                still_ms=abs(still) * ms,
                still_square=still**2,
                velocity=(mean - _VELOCITIES[velocity]) ** 2,
            )
        heard = offset if given else median
        first = grid.OFFSET_MORE if more else grid.OFFSET_LAST
        logits, state = policy.step(first + heard, state)
    return logits, state


def _chances(logits: Logits, tokens: slice) -> NDArray[np.float64]:
    scores = logits[tokens].astype(np.float64)
    chances = np.exp(scores - scores.max())
    return chances / chances.sum()


def _nats(logits: Logits, token: int, tokens: slice) -> float:
    return -math.log(_chances(logits, tokens)[token])
