"""How different samples are from each other, and how much of them was in the training data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH


def vendi(vectors: NDArray[np.float64]) -> float:
    """Return the effective number of different samples among vectors [n, d] of length 1: 1 to n.

    The score of Friedman and Dieng (2023): the exponential of the entropy of the eigenvalues of the
    similarity matrix, divided by n; similarity is the cosine.
    """
    n = len(vectors)
    if n == 0:
        return 0.0
    gram = vectors @ vectors.T
    np.fill_diagonal(gram, 1.0)
    values = np.linalg.eigvalsh(gram / n)
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def rareness(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each of vectors [n, d] of length 1 has to do with their being different: [n].

    The mean over all is the logarithm of `vendi`; a sample alone in its directions has the most.
    """
    values, directions = np.linalg.eigh(vectors.T @ vectors / max(len(vectors), 1))
    rare: NDArray[np.float64] = -np.log(np.maximum(values, 1e-12))
    out: NDArray[np.float64] = np.square(vectors @ directions) @ rare
    return out


def bar_shape(bar: Bar) -> bytes | None:
    """Return what makes a bar the same bar, on 16ths and from its lowest note; None: it is empty.

    Velocity, microtiming and, of pitched music, the key do not make it another one.
    """
    if not bar.notes:
        return None
    drums = all(note.pitch in CLASS_OF for note in bar.notes)
    first = 0 if drums else min(note.pitch for note in bar.notes)
    rows = sorted(
        (
            note.voice,
            round(note.start / SIXTEENTH),
            CLASS_OF[note.pitch] if drums else note.pitch - first,
            0 if drums else round(note.duration / SIXTEENTH),
            note.tied,
        )
        for note in bar.notes
    )
    return repr((str(bar.meter), sorted(set(rows)))).encode()


def shapes(pieces: Iterable[Sequence[Bar]], codec: Codec) -> set[bytes]:
    """Return the shapes of all bars, as the codec holds them."""
    return {shape for bars in pieces for bar in bars if (shape := bar_shape(codec.quantise(bar)))}


def copied_share(pieces: Iterable[Sequence[Bar]], known: set[bytes], codec: Codec) -> float:
    """Return the share of bars with notes whose shape is known."""
    found = [bar_shape(codec.quantise(bar)) for bars in pieces for bar in bars]
    found = [shape for shape in found if shape is not None]
    return sum(shape in known for shape in found) / len(found) if found else 0.0
