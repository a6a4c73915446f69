"""From a preset and a folder of data to examples, and to the network that learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora.music import Music, read_music
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.registry import NETWORKS, TRAINED
from daw_bridge.training.batches import Example
from daw_bridge.training.networks.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is learnt from, and the music that it was made of.

    Pieces are cut at multiples of `grid` steps.
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
    NETWORKS[preset.network.kind].laid_down(vocabulary)  # what cannot be played is not learnt
    music = read_music(preset, folder, vocabulary)
    learnt, judged = [*music.split("train"), *music.excerpts], music.split("valid")
    transpose = preset.reading.transpose
    train, valid = (
        tuple(filter(None, network.examples(pieces, vocabulary, transpose=transpose)))
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
