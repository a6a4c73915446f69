"""From a preset and a folder of data to examples, and to the network that learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from daw_bridge.config.training import LoopFile, TrainingFile
from daw_bridge.corpora.music import Music, read_music
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.registry import NETWORKS, TRAINED
from daw_bridge.training.batches import Example
from daw_bridge.training.networks.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is learnt from, and the music that it was made of.

    Pieces are cut at multiples of `grid` steps. What validates is drawn as parts weigh last.
    """

    train: tuple[Example, ...]
    valid: tuple[Example, ...]
    grid: int
    music: Music


def read_material(preset: TrainingFile, folder: Path, vocabulary: Vocabulary) -> Material:
    """Read the data of a preset from a folder.

    Raises:
        UserError: the preset's data or network is of no known kind, the network is none for the
            codec, or the folder holds nothing usable.
    """
    network: type[Network] = TRAINED.find(preset.network.kind)
    if preset.network.kind in NETWORKS:
        NETWORKS[preset.network.kind].laid_down(vocabulary)  # what cannot be played is not learnt
    music = read_music(preset, folder, vocabulary)
    chance = np.random.default_rng(preset.loop.seed)
    learnt = _learnt([*music.split("train"), *music.besides], preset.loop, chance)
    judged = [p for p in music.split("valid") if chance.random() < p.weights[1]]
    transpose = preset.reading.transpose
    train, valid = (
        tuple(
            replace(example, weights=piece.weights)
            for piece, example in zip(
                pieces, network.examples(pieces, vocabulary, transpose=transpose), strict=True
            )
            if example
        )
        for pieces in (learnt, judged)
    )
    if not train or not valid:
        reasons = f" ({'; '.join(music.skipped[:3])})" if music.skipped else ""
        raise UserError(
            "different pieces, some to train and some to validate on",
            f"{len(train)} and {len(valid)} in {folder}{reasons}",
            "add music; duplicates do not count",
        )
    return Material(train, valid, network.grid(vocabulary), music)


def _learnt(pieces: Sequence[Piece], loop: LoopFile, chance: np.random.Generator) -> list[Piece]:
    """Leave out as many, by chance, as would never be drawn; the others are drawn more often."""
    n_last = min(loop.last_epochs, loop.epochs)
    kept = []
    for piece in pieces:
        first, last = piece.weights
        times = min(first * (loop.epochs - n_last) + last * n_last, 1.0)
        if chance.random() < times:
            kept.append(replace(piece, weights=(first / times, last / times)))
    return kept


def build_network(preset: TrainingFile, vocabulary: Vocabulary) -> Network:
    """Build the network of a preset, with new weights.

    Raises:
        UserError: its kind or a size of it is unknown.
    """
    kind = preset.network.kind
    build = TRAINED.find(kind)
    try:
        network: Network = build(vocabulary, **preset.network.shape, dropout=preset.loop.dropout)
    except TypeError as error:
        raise UserError(f"the sizes of a {kind} network", str(error), "mend the preset") from error
    return network
