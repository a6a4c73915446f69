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
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.meters import step_ticks
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.music.time import Meter
from daw_bridge.training.batches import Example
from daw_bridge.training.networks.token_lookback import example_of_tokens

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
    music = read_parts(preset.reading, folder, preset.loop.seed)
    skipped = list(music.skipped)
    train = _examples(music.split("train"), codec, preset, skipped)
    valid = _examples(music.split("valid"), codec, preset, skipped)
    return tuple(train), tuple(valid), music.sources, tuple(skipped)


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
            silent = _silent_steps(piece, codec)
            examples.append(example_of_tokens(piece.name, tokens, codec, reach, silent))
    return examples


def _silent_steps(piece: Piece, codec: Codec) -> int:
    """Count the steps of the last bar after all notes have ended, and been seen to."""
    if not isinstance(codec, Line | Polyphony | ChipVoices):
        return 0
    step = step_ticks(codec.steps_per_quarter)
    last = piece.notes[piece.notes[:, BAR] == piece.n_bars - 1]
    ends = (last[:, START] + last[:, DURATION]).max(initial=0)
    n_steps = Meter(*piece.meters[-1].tolist()).steps(step)
    # An end is an event of the step after the note, except where every step names what sounds.
    after = 0 if isinstance(codec, Polyphony) else 1
    return max(n_steps - round(int(ends) / step) - after, 0)
