"""What music is paid for: rates of a piece, each a pure function, and their weighted sum.

Names are those of `registry.REWARDS`; `presets/rewards` weighs them. All are rates and none a sum
over notes, which a policy learns to earn by playing more of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from daw_bridge.config.rewards import RewardsFile, TermFile
from daw_bridge.envs import drum_rules, melody
from daw_bridge.envs.melody import Ints
from daw_bridge.errors import UserError
from daw_bridge.evaluation.diversity import bar_shape
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH
from daw_bridge.registry import REWARDS

_LAGS, _UNMINDED = (1, 2, 3), 0.15
_STEPS, _CLASSES = 16, 12


@dataclass(frozen=True, eq=False)
class Known:
    """What is known beside a piece: bars of training by `shape`, bars that were kept or rejected.

    `pred_real` is what a listener gives: the log chance that a piece is real.
    """

    shapes: frozenset[bytes] = frozenset()
    kept: Sequence[Bar] = ()
    rejected: Sequence[Bar] = ()
    pred_real: Callable[[Sequence[Bar]], float] | None = None

    @cached_property
    def vectors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What was kept and rejected, as `bar_vector`: [n, ...] each."""
        return _vectors(self.kept), _vectors(self.rejected)


NOTHING = Known()
"""Enough for rates that ask for nothing but music."""


@dataclass(frozen=True, eq=False)
class Music:
    """A piece in a key that is to be paid.

    `prior_nats` are the mean nats of its tokens under the policy that was begun with; None: they
    were not asked for.
    """

    bars: Sequence[Bar]
    key: Key = field(default_factory=lambda: Key(0))
    prior_nats: float | None = None
    known: Known = field(default_factory=Known)

    @cached_property
    def steps(self) -> Ints:
        """What happens in each 16th of its melody."""
        return melody.steps_of(self.bars)

    @cached_property
    def n_notes(self) -> int:
        """How many notes its melody strikes, at least one."""
        return max(len(melody.struck(self.steps)), 1)


Rate = Callable[[Music], float]


def _of_steps(rule: Callable[[Ints], float]) -> Rate:
    return lambda music: rule(music.steps)


def _of_steps_in_key(rule: Callable[[Ints, Key], float]) -> Rate:
    return lambda music: rule(music.steps, music.key)


def _of_bars(rule: Callable[[Sequence[Bar]], float]) -> Rate:
    return lambda music: rule(music.bars)


excessive_repeats = _of_steps(melody.excessive_repeats)
repeats = _of_steps(melody.repeats)
in_motif = _of_steps(melody.in_motif)
literally_in_motif = _of_steps(melody.literally_in_motif)
in_repeated_motif = _of_steps(melody.in_repeated_motif)
long_notes = _of_steps(melody.long_notes)
rests = _of_steps(melody.rests)
highest_once = _of_steps(melody.highest_once)
lowest_once = _of_steps(melody.lowest_once)
out_of_key = _of_steps_in_key(melody.out_of_key)
literally_out_of_key = _of_steps_in_key(melody.literally_out_of_key)
tonic = _of_steps_in_key(melody.begins_on_tonic)
returns = _of_bars(melody.returns)
backbeat = _of_bars(drum_rules.backbeat)
fills = _of_bars(drum_rules.fills)
playable = _of_bars(drum_rules.playable)
alike = _of_bars(drum_rules.alike)
uneven = _of_bars(drum_rules.uneven)


def leaps_resolved(music: Music) -> float:
    """Return the leaps that are turned back, by notes."""
    return melody.leaps(music.steps).resolved / music.n_notes


def leaps_doubled(music: Music) -> float:
    """Return the leaps that another the same way follows, by notes."""
    return melody.leaps(music.steps).doubled / music.n_notes


def notes(music: Music) -> float:
    """Return how many notes are struck in a bar."""
    count = sum(not note.tied for bar in music.bars for note in bar.notes)
    return count / max(len(music.bars), 1)


def autocorrelation(music: Music) -> float:
    """Return how far steps agree with those one, two and three before, beyond what nobody minds."""
    found = [abs(melody.autocorrelation(music.steps, lag)) for lag in _LAGS]
    return sum(each for each in found if each > _UNMINDED)


def prior(music: Music) -> float:
    """Return the mean log chance of a token under the policy that was begun with.

    Raises:
        ValueError: nobody has asked that policy.
    """
    if music.prior_nats is None:
        raise ValueError("expected nats of the policy that was begun with, found none")
    return -music.prior_nats


def novelty(music: Music) -> float:
    """Return the share of bars with notes that are none of the training music's."""
    found = [shape for bar in music.bars if (shape := bar_shape(bar)) is not None]
    return sum(each not in music.known.shapes for each in found) / max(len(found), 1)


def preference(music: Music) -> float:
    """Return how much more its bars are like those that were kept than like those rejected: -1..1.

    A bar is as like some as it is to the likest of them.
    """
    ours = _vectors([bar for bar in music.bars if bar.notes])
    if not len(ours):
        return 0.0
    likest = [
        (ours @ theirs.T).max(1) if len(theirs) else np.zeros(len(ours))
        for theirs in music.known.vectors
    ]
    return float((likest[0] - likest[1]).mean())


def discriminator(music: Music) -> float:
    """Return the log chance that a listener takes it for real.

    Raises:
        ValueError: there is no listener.
    """
    if music.known.pred_real is None:
        raise ValueError("expected a listener, found none")
    return music.known.pred_real(music.bars)


def _vectors(bars: Iterable[Bar]) -> NDArray[np.float64]:
    rows = [bar_vector(bar) for bar in bars]
    return np.stack(rows) if rows else np.zeros((0, _STEPS * _CLASSES))


def bar_vector(bar: Bar) -> NDArray[np.float64]:
    """Return which pitch classes, or drums, begin on which 16th of a bar, of length 1 in all."""
    drums = all(note.pitch in CLASS_OF for note in bar.notes)
    grid = np.zeros((_STEPS, _CLASSES))
    for note in bar.notes:
        what = CLASS_OF[note.pitch] if drums else note.pitch % _CLASSES
        grid[min(round(note.start / SIXTEENTH), _STEPS - 1), what] = 1
    row = grid.ravel()
    return row / max(float(np.sqrt(row.sum())), 1.0)


@dataclass(frozen=True, slots=True)
class Rewards:
    """The terms of a preset by name, and what music is paid by them."""

    terms: Mapping[str, TermFile]

    @classmethod
    def of(cls, file: RewardsFile) -> Rewards:
        """Take the terms of a preset."""
        return cls(file.terms)

    def without(self, name: str) -> Rewards:
        """Return the same but for one of the terms."""
        return Rewards({each: term for each, term in self.terms.items() if each != name})

    def check(self, known: Known) -> None:
        """Tell before anything is made that a term cannot be paid.

        Raises:
            UserError: one of the terms asks a listener, or what was learnt, and there is none.
        """
        if "novelty" in self.terms and not known.shapes:
            what = "the music that was learnt, for the reward novelty"
            raise UserError(what, "none", "name it, or leave that term out")
        if "discriminator" in self.terms and known.pred_real is None:
            what = "a listener, for the reward discriminator"
            raise UserError(what, "none", "name one, or leave that term out")

    def rates(self, music: Music) -> dict[str, float]:
        """Return each of the rates that are paid for.

        Raises:
            UserError: one is no number.
        """
        found = {name: float(REWARDS[name](music)) for name in self.terms}
        for name, value in found.items():
            if not math.isfinite(value):
                what, do = "rewards that are numbers", "leave that term out, or mend what gives it"
                raise UserError(what, f"{name} of {value}", do)
        return found

    def paid(self, rates: Mapping[str, float]) -> float:
        """Return what rates are worth together."""
        return sum(worth(rates[name], term) for name, term in self.terms.items())

    def __call__(self, music: Music) -> float:
        """Return what a piece is paid."""
        return self.paid(self.rates(music))


def worth(rate: float, term: TermFile) -> float:
    """Return what a rate is paid by a term."""
    if term.near is not None:
        rate = -max(abs(rate - term.near) - term.within, 0.0)
    return term.weight * (rate if term.most is None else min(rate, term.most))
