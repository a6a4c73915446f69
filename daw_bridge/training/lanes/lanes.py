"""The contract of a policy in many lanes: as `policies.policy`, a token of each lane at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.form import Label
from daw_bridge.music.time import Meter

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


class Lanes(Protocol):
    """Players side by side, each with a state of its own, which a step changes.

    What lanes have in common is worked out for all of them at once: one reads the weights as
    quickly as 64 do.
    """

    @property
    def count(self) -> int:
        """How many lanes there are."""

    def begin(self, lanes: Ints) -> None:
        """Go back to before a piece in some lanes."""

    def told(self, lane: int, label: Label, meter: Meter) -> None:
        """Tell a lane what its next bar is to be, where the policy minds."""

    def step(self, tokens: Ints, lanes: Ints) -> Floats:
        """Take a token [n] in each of n different lanes; return the logits [n, vocab_size]."""
