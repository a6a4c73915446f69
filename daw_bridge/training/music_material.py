"""Music of any format as examples: read, parted, encoded, observed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora import dataset as data
from daw_bridge.corpora.parts import read_parts
from daw_bridge.corpora.pieces import BAR, DURATION, START, Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.music.time import PPQ, Meter
from daw_bridge.training.batches import Example
from daw_bridge.training.networks.token_lookback import example_of_tokens

Examples = tuple[Example, ...]
Sources = tuple[Mapping[str, Any], ...]


def read_music(
    preset: TrainingFile, folder: Path, vocabulary: Vocabulary
) -> tuple[Examples, Examples, Sources, tuple[str, ...]]:
    """Read what a preset's `reading` asks for.

    Gives the examples for training, those for validation, what a card says of the data, and what
    was skipped.

    Raises:
        UserError: the folder holds nothing usable.
    """
    music = read_parts(preset.reading, folder, preset.loop.seed)
    skipped = list(music.skipped)
    train = _examples(music.split("train"), vocabulary, preset, skipped)
    valid = _examples(music.split("valid"), vocabulary, preset, skipped)
    return tuple(train), tuple(valid), music.sources, tuple(skipped)


def _examples(
    pieces: list[Piece], vocabulary: Vocabulary, preset: TrainingFile, skipped: list[str]
) -> list[Example]:
    examples = []
    for piece, encoded in zip(pieces, data.encode(pieces, vocabulary), strict=True):
        if encoded is None:
            skipped.append(f"{piece.name}: a meter that the encoding has no token for")
            continue
        tokens = encoded.tokens.astype(np.int64)
        moves = data.transpositions(piece) if preset.reading.transpose else [0]
        reach = (min(moves, default=0), max(moves, default=0))
        if preset.network.kind == "lstm":
            before = np.concatenate([[vocabulary.start_token], tokens[:-1]])
            examples.append(Example(piece.name, {"token": before, "target": tokens}))
        else:
            silent = _silent_steps(piece, vocabulary)
            examples.append(example_of_tokens(piece.name, tokens, vocabulary, reach, silent))
    return examples


def _silent_steps(piece: Piece, vocabulary: Vocabulary) -> int:
    """Count the steps of the last bar after all notes have ended, and been seen to."""
    tokens = vocabulary.tokens
    if not tokens.bar_steps.any():  # frames and events hold no bars that end in silence
        return 0
    step = PPQ // tokens.steps_per_quarter
    last = piece.notes[piece.notes[:, BAR] == piece.n_bars - 1]
    ends = (last[:, START] + last[:, DURATION]).max(initial=0)
    n_steps = tokens.steps_in(Meter(*piece.meters[-1].tolist()))
    # An end is an event of the step after the note, except where every step names what sounds.
    after = int((tokens.ends_voice >= 0).any())
    return max(n_steps - round(int(ends) / step) - after, 0)
