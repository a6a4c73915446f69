"""Real music beside what is tuned, so that it is not forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import Tensor

from daw_bridge.config.training import TrainingFile
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.training.batches import Batch, chunks, cut
from daw_bridge.training.materials import read_material
from daw_bridge.training.networks.network import Network

SIZE, STEPS = 16, 128
"""Excerpts side by side, and how long they are."""


Data = Callable[[int], Batch]
"""Real music, by the number of an update."""


def songs(preset: TrainingFile, folder: Path, network: Network, vocabulary: Vocabulary) -> Data:
    """Read what a model was trained on; return some of it by the number of an update.

    Parts weigh as at the end of training, and as much is hidden.

    Raises:
        UserError: the folder holds nothing usable.
    """
    material = read_material(preset, folder, vocabulary)
    longest = max(STEPS // material.grid, 1) * material.grid
    parts = cut(material.train, longest, material.grid, np.random.default_rng(preset.loop.seed))
    weights = np.array([(part.end - part.begin) * part.example.weights[1] for part in parts])
    chances = weights / weights.sum()

    def some(number: int) -> Batch:
        rng = np.random.default_rng((preset.loop.seed, number))
        group = [parts[k] for k in rng.choice(len(parts), SIZE, p=chances)]
        hide = rng.random((SIZE, network.n_chances))
        return network.hide(next(chunks(group, longest)), hide, preset.loop)

    return some


def nats_a_step(network: Network, batch: Batch) -> Tensor:
    """Return the mean nats of the steps of some real music."""
    nats: Tensor = network.foretold(batch)[0].sum() / batch["weight"].sum()
    return nats
