"""The music of a training preset: read, freed of duplicates, split, and what a card says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary, has_bars, holds
from daw_bridge.music.time import Meter
from daw_bridge.registry import DATA

LEARNT = ("train", "valid")
"""The splits that training looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Music:
    """The pieces of all parts, what a card says of each part, and what was skipped and why.

    `besides` are learnt as well: excerpts of pieces of the split "train", or these in other ways.
    """

    pieces: tuple[Piece, ...]
    sources: tuple[Mapping[str, Any], ...]
    skipped: tuple[str, ...]
    besides: tuple[Piece, ...] = ()

    def split(self, name: str) -> list[Piece]:
        """Return the pieces of a split."""
        return [piece for piece in self.pieces if piece.split == name]


Read = Callable[[TrainingFile, Path, Vocabulary], Music]


def read_music(preset: TrainingFile, folder: Path, vocabulary: Vocabulary) -> Music:
    """Read what a preset is trained on, as far as the vocabulary has tokens for it.

    Raises:
        UserError: the preset's data is of no known kind, or the folder holds nothing usable.
    """
    read: Read = DATA.find(preset.data)
    return read(preset, folder, vocabulary)


def fits(piece: Piece, vocabulary: Vocabulary) -> bool:
    """Whether a vocabulary holds every meter of a piece."""
    return not has_bars(vocabulary) or all(
        holds(vocabulary, Meter(*pair)) for pair in {*map(tuple, piece.meters.tolist())}
    )


def counts_of(pieces: Sequence[Piece]) -> dict[str, dict[str, int]]:
    """Count the pieces and bars of each split that training looks at, for a card."""
    own = {name: [piece.n_bars for piece in pieces if piece.split == name] for name in LEARNT}
    return {name: {"pieces": len(bars), "bars": sum(bars)} for name, bars in own.items()}
