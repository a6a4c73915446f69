"""A finer ear, for what an agent imagines: in few numbers nearly all that a distance measures.

What tells candidates apart is when something sounds, more than in which of many bins. So this ear
hears every frame, long and short ones, in few bands. Of the target it knows each bin: how far a
loudness of a band is from all of the target's bins in it is written into a table once.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.scratch import of_this_thread
from daw_bridge.envs.spectra import SIZES, Floats, Frames

Indices = NDArray[np.int32]


class FineEar:
    """Hears sounds of one length: in each size of frames every frame, in bands of its bins."""

    BANDS: ClassVar = ((8, 1.5), (2, 2.0))
    """For long frames and short ones: how many of the lowest bins are bands of their own, and how
    many times as wide as the one before each further band is."""

    def __init__(self, length: int) -> None:
        self._length = length
        frames = [of_this_thread(Frames, size, length) for size in SIZES]
        self._begins = [
            _begins(each.bins, *bands) for each, bands in zip(frames, self.BANDS, strict=True)
        ]
        self._wide = [
            np.diff(begins, append=each.bins).astype(np.float32)[:, None]
            for each, begins in zip(frames, self._begins, strict=True)
        ]
        self.shapes = [
            (len(begins), each.count) for each, begins in zip(frames, self._begins, strict=True)
        ]
        """How many bands and frames it hears, of each size of frames."""
        self.shares = [
            np.repeat(wide[:, 0] / (each.bins * each.count), each.count)
            for each, wide in zip(frames, self._wide, strict=True)
        ]
        """Of the bins of all frames, what each number stands for, for each size of frames."""
        self.size = sum(map(len, self.shares))

    def hear(self, sound: Floats) -> Floats:
        """Return the logarithms to 2 of the mean magnitudes of all bands, band after band."""
        for size in SIZES:
            of_this_thread(Frames, size, self._length).magnitudes(sound)
        return self.last()

    def last(self) -> Floats:
        """Return the same of the sound of that length that this thread has transformed last."""
        heard = []
        for size, begins, wide in zip(SIZES, self._begins, self._wide, strict=True):
            magnitudes = of_this_thread(Frames, size, self._length).last
            heard.append(np.log2(np.add.reduceat(magnitudes, begins) / wide).reshape(-1))
        clear: Floats = np.concatenate(heard).clip(LEVELS[0], LEVELS[-1], dtype=np.float32)
        return clear

    def towards(self, target: Floats) -> Towards:
        """Return what measures how far what is heard is from a target."""
        tables = []
        for size, begins in zip(SIZES, self._begins, strict=True):
            frames = of_this_thread(Frames, size, self._length)
            magnitudes, logarithms = frames.magnitudes(target), np.log2(frames.last)
            whole, count = magnitudes.sum(), magnitudes.size
            tables.append([
                np.add.reduceat(
                    np.abs(logarithms - level) / count + np.abs(magnitudes - 2**level) / whole,
                    begins,
                ).reshape(-1)
                for level in LEVELS
            ])  # fmt: skip
        table = np.concatenate(tables, axis=1).T / len(SIZES)
        return Towards(table.astype(np.float32))


LEVELS = np.arange(-10, 4.1, 0.25)
"""Logarithms to 2 of magnitudes that a table has: from what is as good as silence, evenly."""


class Towards:
    """How far what `FineEar` hears is from one target: about what `distances.Spectral` measures.

    A table has it of each number [number, level]; between two levels it goes straight.
    """

    def __init__(self, table: Floats) -> None:
        self._at = table.reshape(-1)
        self._more = np.diff(table, axis=1, append=table[:, -1:]).reshape(-1)
        self._rows: Indices = np.arange(len(table), dtype=np.int32) * len(LEVELS)

    def apart(self, heard: Floats) -> NDArray[np.floating]:
        """Return about how far what is heard of sounds [sound, number] is from the target."""
        levels = (heard - LEVELS[0]) / (LEVELS[1] - LEVELS[0])
        levels = np.clip(levels, 0, len(LEVELS) - 1, dtype=np.float32)
        below = levels.astype(np.int32)
        levels -= below
        below += self._rows
        apart = self._at.take(below) + self._more.take(below) * levels
        total: NDArray[np.floating] = apart.sum(axis=1, dtype=np.float64)
        return total


def _begins(bins: int, alone: int, wider: float) -> NDArray[np.intp]:
    """Return where bands begin; what is left in the end belongs to the last one."""
    begins: list[int] = []
    at, wide = 0, 1.0
    while at + round(wide) <= bins:
        begins.append(at)
        at += round(wide)
        wide *= wider if len(begins) >= alone else 1
    return np.array(begins)
