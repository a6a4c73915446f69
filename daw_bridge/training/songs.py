"""Real music beside what is tuned, so that it is not forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.training.batches import Batch, chunks, cut
from daw_bridge.training.materials import read_material
from daw_bridge.training.networks.network import Network
from daw_bridge.training.rounds import Bars, Start, examples_of, side_by_side

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


def as_heard(start: Start, pieces: Sequence[Bars]) -> Data:
    """Return real pieces as a listener hears them, by the number of an update.

    They are cut as those that are drawn, and nothing more is told of them: so what is learnt is how
    music goes on that begins anywhere, and not only how recordings begin.
    """
    made = [Piece.of("real", bars, conditions=start.conditions) for bars in pieces]
    examples = [each for each in examples_of(start, made) if each is not None]

    def some(number: int) -> Batch:
        which = np.random.default_rng(number).choice(len(examples), SIZE)
        return next(side_by_side(start.network, [examples[k] for k in which], SIZE))

    return some


def nats_a_step(network: Network, batch: Batch) -> Tensor:
    """Return the mean nats of the steps of some real music."""
    nats: Tensor = network.foretold(batch)[0].sum() / batch["weight"].sum()
    return nats
