"""What bars are like, in numbers: the features by which samples are held against real music.

Rates and consistencies are those of MusPy (Dong and others, 2020); the comparison of distributions
by overlapping area and divergence is that of Yang and Lerch (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.drum_classes import N_CLASSES
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.keys import KEYS
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH

Floats = NDArray[np.float64]
Excerpt = Sequence[Bar]
"""A few bars on end; what is compared are excerpts of one length."""

_IN_KEY = np.array([[pc in key.pitch_classes() for pc in range(12)] for key in KEYS], np.float64)
_POINTS = 200


def excerpts(pieces: Sequence[Sequence[Bar]], length: int) -> list[Excerpt]:
    """Cut pieces into excerpts of `length` bars; what is left over is left out."""
    return [
        piece[begin : begin + length]
        for piece in pieces
        for begin in range(0, len(piece) - length + 1, length)
    ]


def density(bars: Excerpt) -> float:
    """Return the mean number of notes struck in a bar."""
    return float(np.mean([sum(not note.tied for note in bar.notes) for bar in bars]))


def empty_bar_rate(bars: Excerpt) -> float:
    """Return the share of bars in which nothing sounds."""
    return float(np.mean([not bar.notes for bar in bars]))


def groove_consistency(bars: Excerpt) -> float:
    """Return how much the onsets of each bar are those of the bar before: 1 for all of them."""
    onsets = [_onsets(bar) for bar in bars]
    pairs = [(a, b) for a, b in pairwise(onsets) if len(a) == len(b)]
    return float(np.mean([1 - np.mean(a != b) for a, b in pairs])) if pairs else 0.0


def pitch_class_entropy(bars: Excerpt, window: int) -> float:
    """Return the mean entropy in bits of the pitch classes within `window` bars, 0 to 3.58."""
    entropies = []
    for begin in range(0, len(bars) - window + 1, window):
        counts = _pitch_classes(bars[begin : begin + window])
        if counts.sum():
            shares = counts[counts > 0] / counts.sum()
            entropies.append(-(shares * np.log2(shares)).sum())
    return float(np.mean(entropies)) if entropies else 0.0


def scale_consistency(bars: Excerpt) -> float:
    """Return the share of notes within the major or minor scale that fits best."""
    counts = _pitch_classes(bars)
    return float((_IN_KEY @ counts).max() / counts.sum()) if counts.sum() else 0.0


def pitch_range(bars: Excerpt) -> float:
    """Return the semitones from the lowest to the highest note."""
    pitches = [note.pitch for bar in bars for note in bar.notes]
    return float(max(pitches) - min(pitches)) if pitches else 0.0


def mean_interval(bars: Excerpt) -> float:
    """Return the mean size in semitones of the steps between notes that follow each other."""
    pitches = [note.pitch for bar in bars for note in bar.notes if not note.tied]
    return float(np.mean(np.abs(np.diff(pitches)))) if len(pitches) > 1 else 0.0


def mean_distance(bars: Excerpt) -> float:
    """Return the mean distance in 16ths between times at which something is struck."""
    times: list[int] = []
    tick = 0
    for bar in bars:
        times += [tick + note.start for note in bar.notes if not note.tied]
        tick += bar.meter.bar_length()
    different = np.unique(np.rint(np.array(times) / SIXTEENTH)) if times else np.zeros(0)
    return float(np.mean(np.diff(different))) if len(different) > 1 else 0.0


def mean_duration(bars: Excerpt) -> float:
    """Return the mean length of a note in 16ths, ties apart."""
    durations = [note.duration / SIXTEENTH for bar in bars for note in bar.notes]
    return float(np.mean(durations)) if durations else 0.0


def polyphony(bars: Excerpt) -> float:
    """Return the mean number of notes struck together."""
    struck = [note.start for bar in bars for note in bar.notes]
    times = sum(len({note.start for note in bar.notes}) for bar in bars)
    return len(struck) / times if times else 0.0


def velocity_spread(bars: Excerpt) -> float:
    """Return the standard deviation of velocity."""
    velocities = [note.velocity for bar in bars for note in bar.notes]
    return float(np.std(velocities)) if velocities else 0.0


def offset_spread(bars: Excerpt) -> float:
    """Return the standard deviation in ticks of how far notes are from their 16th."""
    starts = np.array([note.start for bar in bars for note in bar.notes], np.float64)
    return float(np.std(starts - np.rint(starts / SIXTEENTH) * SIXTEENTH)) if len(starts) else 0.0


def drums_used(bars: Excerpt) -> float:
    """Return how many of the nine drums are struck."""
    return float(len({CLASS_OF.get(note.pitch) for bar in bars for note in bar.notes} - {None}))


COMMON: Mapping[str, Callable[[Excerpt], float]] = {
    "density": density,
    "empty_bar_rate": empty_bar_rate,
    "groove_consistency": groove_consistency,
    "mean_distance": mean_distance,
}
PITCHED = {
    **COMMON,
    "pitch_class_entropy_1": lambda bars: pitch_class_entropy(bars, 1),
    "pitch_class_entropy_4": lambda bars: pitch_class_entropy(bars, 4),
    "scale_consistency": scale_consistency,
    "pitch_range": pitch_range,
    "mean_interval": mean_interval,
    "mean_duration": mean_duration,
    "polyphony": polyphony,
}
DRUMS = {
    **COMMON,
    "polyphony": polyphony,
    "drums_used": drums_used,
    "velocity_spread": velocity_spread,
    "offset_spread": offset_spread,
}


def table(
    pieces: Sequence[Excerpt], features: Mapping[str, Callable[[Excerpt], float]]
) -> dict[str, Floats]:
    """Return every feature of every excerpt: name to [n]."""
    return {
        name: np.array([feature(bars) for bars in pieces]) for name, feature in features.items()
    }


def overlap_and_divergence(real: Floats, other: Floats) -> tuple[float, float]:
    """Compare distances among real excerpts with those from others to them, as Yang and Lerch do.

    Gives the overlapping area of the two densities (1: alike) and the Kullback-Leibler divergence
    of the first from the second in nats (0: alike). Densities are estimated with a Gaussian kernel
    of Scott's width.
    """
    within = np.abs(real[:, None] - real)[np.triu_indices(len(real), 1)]
    between = np.abs(real[:, None] - other).ravel()
    if not len(within) or not len(between):
        return 0.0, float("inf")
    top = max(within.max(), between.max())
    if top == 0:
        return 1.0, 0.0
    points = np.linspace(-0.1 * top, 1.1 * top, _POINTS)
    width = points[1] - points[0]
    p, q = (_density(values, points, top) for values in (within, between))
    overlap = float(np.minimum(p, q).sum() * width)
    safe = np.maximum(q, 1e-12)
    divergence = float((p * np.log(np.maximum(p, 1e-12) / safe)).sum() * width)
    return min(overlap, 1.0), max(divergence, 0.0)


def histogram(bars: Excerpt, *, drums: bool) -> Floats:
    """Return what a few bars are like as one vector: when and what is struck, of length 1.

    [16 places x 12 pitch classes] for pitched music, [16 places x 9 drums] for drums. Excerpts with
    the same vector count as the same to `diversity`.
    """
    n = N_CLASSES if drums else 12
    out = np.zeros((16, n))
    for bar in bars:
        for note in bar.notes:
            place = 16 * max(note.start, 0) // bar.meter.bar_length()
            out[min(place, 15), CLASS_OF[note.pitch] if drums else note.pitch % 12] += 1
    flat = np.sqrt(out.ravel())
    length = np.linalg.norm(flat)
    return flat / length if length else flat


def _density(values: Floats, points: Floats, top: float) -> Floats:
    width = max(float(values.std()) * len(values) ** -0.2, 0.005 * top)
    counts, edges = np.histogram(values, bins=2000, range=(0.0, top))
    centres = (edges[:-1] + edges[1:]) / 2
    kernel = np.exp(-0.5 * ((points[:, None] - centres) / width) ** 2)
    out: Floats = kernel @ counts
    out /= out.sum() * (points[1] - points[0])
    return out


def _onsets(bar: Bar) -> NDArray[np.bool_]:
    out = np.zeros(bar.meter.steps(), np.bool_)
    for note in bar.notes:
        if not note.tied:
            out[min(max(round(note.start / SIXTEENTH), 0), len(out) - 1)] = True
    return out


def _pitch_classes(bars: Excerpt) -> Floats:
    pitches = [note.pitch % 12 for bar in bars for note in bar.notes if not note.tied]
    return np.bincount(np.array(pitches, np.int64), minlength=12).astype(np.float64)
