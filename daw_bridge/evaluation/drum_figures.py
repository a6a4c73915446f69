"""How well a policy foretells drums, measured on the policy as it plays, token by token."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS
from daw_bridge.encoding.drum_grid import DrumGrid, Hit, steps_of, word_of
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH, Transport
from daw_bridge.policies.load import load
from daw_bridge.policies.policy import Drummer, Logits, is_drummer

Floats = NDArray[np.float64]

_BITS = (np.arange(N_WORDS)[:, None] >> np.arange(N_CLASSES)) & 1 > 0
_VELOCITIES = np.arange(grid.N_VELOCITIES) * grid.BIN_VELOCITIES + 3


@dataclass(slots=True)
class Tally:
    """Sums of what is foretold; figures are means.

    Timing and velocity count the loudest hit of each class in each 16th, as GrooVAE does, in the
    bins of the encoding. `right` counts hits that were likelier than not and were played, `wrong`
    those that were only one of both.
    """

    words: int = 0
    word_nats: float = 0.0
    hits: int = 0
    hit_nats: float = 0.0
    compared: int = 0
    right: int = 0
    wrong: int = 0
    errors: dict[str, float] = field(default_factory=dict)

    def add(self, **errors: float) -> None:
        """Add to sums by name."""
        for name, value in errors.items():
            self.errors[name] = self.errors.get(name, 0.0) + value

    def figures(self) -> dict[str, float]:
        """Return nats per word; timing errors in ms and 16ths squared; velocity's RMSE."""
        n = max(self.compared, 1)
        means = {name: value / n for name, value in self.errors.items()}
        return {
            "word_nats": self.word_nats / max(self.words, 1),
            "note_f1": 2 * self.right / max(2 * self.right + self.wrong, 1),
            "hit_nats": self.hit_nats / max(self.hits, 1),
            "timing_mae_ms": means.get("ms", 0.0),
            "timing_mse_16ths": means.get("square", 0.0),
            "velocity_rmse": math.sqrt(means.get("velocity", 0.0)),
            "quantised_mae_ms": means.get("still_ms", 0.0),
            "quantised_mse_16ths": means.get("still_square", 0.0),
        }


def of_model(folder: Path, pieces: Sequence[Piece]) -> dict[str, dict[str, float]]:
    """Measure a drummer on pieces in 4/4, conditions hidden, with and without their feel.

    A model of another kind, or of words alone, has no such figures.

    Raises:
        UserError: the model cannot be loaded.
    """
    policy = load(folder)
    common = [piece for piece in pieces if (piece.meters == (4, 4)).all()]
    if not (common and is_drummer(policy)):
        return {}
    heard = [(piece.bars(), DrumGrid(), piece.tempo_qpm) for piece in common]
    out = {}
    for name, given in (("validation_4_4", True), ("validation_4_4_words_alone_given", False)):
        figures = foretell(policy, heard, feel_given=given).figures()
        out[name] = {key: round(value, 4) for key, value in figures.items()}
    return out


def foretell(
    policy: Drummer,
    pieces: Iterable[tuple[Sequence[Bar], DrumGrid, float]],
    *,
    feel_given: bool,
) -> Tally:
    """Step a policy through pieces, and tally what it foretells.

    With `feel_given` every word, velocity and offset is foretold from all that was really played
    before it. Without, from the words alone up to the hit's own, as GrooVAE humanises a pattern
    (which sees the words to come as well). What is foretold is the mean of the velocity and the
    median of the offset.
    """
    tally = Tally()
    for bars, codec, tempo_qpm in pieces:
        step_ms = Transport(tempo_qpm).seconds_at(SIXTEENTH) * 1000
        begun = policy.step(codec.start_token, policy.initial_state(hears_feel=feel_given))
        ear = _Listener(policy, tally, step_ms, *begun)
        for bar in bars:
            for token in codec.conditions(bar.meter):
                ear.take(token)
            for step in steps_of(bar):
                word = word_of(step)
                chances = _chances(ear.logits, slice(0, N_WORDS))
                tally.words += 1
                tally.word_nats -= math.log(chances[word])
                likely = chances @ _BITS > 0.5
                tally.right += int((likely & _BITS[word]).sum())
                tally.wrong += int((likely ^ _BITS[word]).sum())
                ear.take(word)
                for hits in step:
                    if hits:
                        ear.hear(hits, feel_given=feel_given)
            ear.take(grid.BAR)
    return tally


@dataclass(slots=True)
class _Listener:
    """A policy stepped through the hits of one class in one step, and their tally."""

    policy: Drummer
    tally: Tally
    step_ms: float
    logits: Logits
    state: Any

    def take(self, token: int) -> None:
        self.logits, self.state = self.policy.step(token, self.state)

    def hear(self, hits: tuple[Hit, ...], *, feel_given: bool) -> None:
        loudest = max(range(len(hits)), key=lambda k: (hits[k][1], -k))
        if not feel_given:
            hits, loudest = (hits[loudest],), 0
        for k, (offset, velocity) in enumerate(hits):
            struck = _chances(self.logits, slice(grid.VELOCITY, grid.OFFSET_LAST))
            self.take(grid.VELOCITY + velocity)
            last, more = np.split(_chances(self.logits, slice(grid.OFFSET_LAST, grid.METER)), 2)
            first = grid.OFFSET_LAST if k == len(hits) - 1 else grid.OFFSET_MORE
            self.take(first + offset)
            chance = (last if k == len(hits) - 1 else more)[offset] * struck[velocity]
            self.tally.hits += 1
            self.tally.hit_nats -= math.log(max(chance, 1e-30))
            if k == loudest:
                self._compare(struck, last + more, velocity, offset)

    def _compare(self, struck: Floats, chances: Floats, velocity: int, offset: int) -> None:
        unit = grid.BIN_TICKS / SIXTEENTH
        median = int(np.searchsorted(np.cumsum(chances), 0.5))
        still = (offset - grid.N_OFFSETS // 2) * unit
        self.tally.compared += 1
        self.tally.add(
            ms=abs(median - offset) * unit * self.step_ms,
            square=((float(chances @ np.arange(grid.N_OFFSETS)) - offset) * unit) ** 2,
            still_ms=abs(still) * self.step_ms,
            still_square=still**2,
            velocity=float(struck @ _VELOCITIES - _VELOCITIES[velocity]) ** 2,
        )


def _chances(logits: Logits, tokens: slice) -> Floats:
    scores = logits[tokens].astype(np.float64)
    chances: Floats = np.exp(scores - scores.max())
    chances /= chances.sum()
    return chances
