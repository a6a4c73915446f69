"""Music of any format as examples: read, freed of duplicates, parted, encoded, observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from daw_bridge.config.files import user_folder
from daw_bridge.config.training import PartFile, TrainingFile
from daw_bridge.encoding.codec import Codec
from daw_bridge.errors import UserError
from daw_bridge.training import data
from daw_bridge.training.batches import Example
from daw_bridge.training.corpora import Reading
from daw_bridge.training.pieces import Piece
from daw_bridge.training.token_network import example_of_tokens

Examples = tuple[Example, ...]
Sources = tuple[Mapping[str, Any], ...]


def read_music(
    preset: TrainingFile, folder: Path, codec: Codec
) -> tuple[Examples, Examples, Sources, tuple[str, ...]]:
    """Read what a preset's `reading` asks for.

    Gives the examples for training, those for validation, what a card says of the data, and what
    was skipped.

    Raises:
        UserError: the folder holds nothing usable.
    """
    reading = preset.reading
    train: list[Example] = []
    valid: list[Example] = []
    sources: list[Mapping[str, Any]] = []
    skipped: list[str] = []
    for part, path in _parts(reading.parts, folder):
        corpus = data.read([path], Reading(reading.role), cache=user_folder() / "cache")
        dropped = 0
        if reading.held_out_end:
            halves = [data.held_out_end(piece) for piece in corpus.pieces]
            pieces = [piece for pair in halves for piece in pair]
        elif reading.drop_duplicates:
            parted, report = data.part(
                corpus, valid_share=reading.valid_share, seed=preset.loop.seed
            )
            pieces, dropped = list(parted.pieces), len(report.duplicates)
        else:
            pieces = list(corpus.pieces)
        for split, examples in (("train", train), ("valid", valid)):
            chosen = [piece for piece in pieces if piece.split == split]
            examples.extend(_examples(chosen, codec, preset, skipped))
        splits = {
            name: {
                "pieces": sum(p.split == name for p in pieces),
                "bars": sum(p.n_bars for p in pieces if p.split == name),
            }
            for name in ("train", "valid")
        }
        skipped += [f"{name}: {why}" for name, why in corpus.skipped]
        source: dict[str, Any] = {"name": part.name, "licence": part.licence, "splits": splits}
        source |= {"duplicates_dropped": dropped, "sources_skipped": len(corpus.skipped)}
        if notices := _notices(part, folder):
            source["notices"] = notices
        sources.append(source)
    return tuple(train), tuple(valid), tuple(sources), tuple(skipped)


def _notices(part: PartFile, folder: Path) -> dict[str, str]:
    """Give the text of the notices that a licence wants kept."""
    try:
        return {name: (folder / name).read_text("utf-8").strip() for name in part.notices}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"the notices of {part.name}, which its licence wants kept", str(error), "add them"
        ) from error


def _parts(parts: Sequence[PartFile], folder: Path) -> list[tuple[PartFile, Path]]:
    """Give the parts that the folder has; a folder with none is the user's own music."""
    if not folder.exists():
        raise UserError("a folder of music", f"nothing at {folder}", "check the path")
    found = [(part, folder / part.path) for part in parts if (folder / part.path).exists()]
    if found:
        return found
    own = PartFile(path=".", name=folder.name or str(folder), licence="the user's own")
    return [(own, folder)]


def _examples(
    pieces: list[Piece], codec: Codec, preset: TrainingFile, skipped: list[str]
) -> list[Example]:
    examples = []
    for piece, encoded in zip(pieces, data.encode(pieces, codec), strict=True):
        if encoded is None:
            skipped.append(f"{piece.name}: a meter that the encoding has no token for")
            continue
        tokens = encoded.tokens.astype(np.int64)
        moves = data.transpositions(piece) if preset.reading.transpose else [0]
        reach = (min(moves, default=0), max(moves, default=0))
        if preset.network.kind == "lstm":
            before = np.concatenate([[codec.start_token], tokens[:-1]])
            examples.append(Example(piece.name, {"token": before, "target": tokens}))
        else:
            examples.append(example_of_tokens(piece.name, tokens, codec, reach))
    return examples
