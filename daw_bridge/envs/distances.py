"""How far a sound is from a target: 0 where both are the same."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.scratch import of_this_thread
from daw_bridge.envs.spectra import SIZES, Floats, Frames
from daw_bridge.registry import Table


class Distance(Protocol):
    """A measure of one target."""

    def __init__(self, target: Floats) -> None:
        """Take what is measured from."""

    def of(self, sounds: Floats) -> NDArray[np.float64]:
        """Return the distances of sounds [lane, sample] as long as the target."""


class Spectral:
    """The difference of magnitudes, and of their logarithms, in frames of several sizes.

    Long frames tell pitches apart, short ones moments. Magnitudes count as a share of the target's;
    logarithms are to 2, a bin and frame.
    """

    def __init__(self, target: Floats) -> None:
        self._parts = []
        for size in SIZES:
            frames = of_this_thread(Frames, size, len(target))
            whole = float(frames.magnitudes(target).sum())
            self._parts.append((size, whole, frames.bins * frames.count, frames.spectrum(target)))

    def of(self, sounds: Floats) -> NDArray[np.float64]:
        """Return the mean distances over the sizes of frames."""
        total = np.zeros(len(sounds))
        for size, whole, count, (magnitudes, logarithms) in self._parts:
            frames = of_this_thread(Frames, size, sounds.shape[1])
            plain, log = frames.apart(sounds, magnitudes, logarithms).T
            total += plain / whole + log / count
        return total / len(SIZES)


class Raw:
    """The mean squared error of the samples, as RaveForce has it: flat, but near the target."""

    def __init__(self, target: Floats) -> None:
        self._target = target

    def of(self, sounds: Floats) -> NDArray[np.float64]:
        """Return the mean squared errors."""
        apart = sounds - self._target
        return np.array([np.dot(each, each) / len(each) for each in apart], np.float64)


CRITERIA = Table(
    "a criterion",
    {
        "spectral": "daw_bridge.envs.distances:Spectral",
        "raw": "daw_bridge.envs.distances:Raw",
    },
)
"""What a sound is judged by, the default first."""
