"""How well a listener tells real music from what was made: accuracy, AUC, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Judgements sorted by how sure they were: [bin] each, of the bins that have any.

    `said` is the mean chance of being real that was given, `was` the share that were real.
    """

    said: Values
    was: Values
    count: Values

    @property
    def error(self) -> float:
        """By how much what was said is off from what was, over all judgements."""
        return float(np.abs(self.said - self.was) @ self.count / max(self.count.sum(), 1))


def accuracy(pred_real: Values, pred_fake: Values) -> float:
    """Return the share that was judged rightly, real and fake counting alike."""
    return float(((pred_real > 0.5).mean() + (pred_fake <= 0.5).mean()) / 2)


def auc(pred_real: Values, pred_fake: Values) -> float:
    """Return how often a real one is held for realer than a fake one; of equals, a half."""
    fakes = np.sort(pred_fake)
    below, up_to = (np.searchsorted(fakes, pred_real, side=side) for side in ("left", "right"))
    return float((below + up_to).mean() / 2 / len(fakes))


def reliability(pred_real: Values, pred_fake: Values) -> Reliability:
    """Sort judgements into `BINS` of equal width; real and fake count alike, however many."""
    said = np.concatenate([pred_real, pred_fake])
    weight = np.repeat(
        [len(said) / 2 / len(each) for each in (pred_real, pred_fake)],
        [len(pred_real), len(pred_fake)],
    )
    real = weight * (np.arange(len(said)) < len(pred_real))
    place = np.minimum((said * BINS).astype(int), BINS - 1)
    count: Values = np.bincount(place, weight, BINS).astype(np.float64)
    there = count > 0
    sum_said, sum_real = (np.bincount(place, each, BINS)[there] for each in (said * weight, real))
    return Reliability(sum_said / count[there], sum_real / count[there], count[there])
