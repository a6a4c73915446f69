"""Human drum takes: the Groove MIDI Dataset, or the user's own, and how they are begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from daw_bridge.config.training import PartFile, ReadingFile, TrainingFile
from daw_bridge.corpora import info
from daw_bridge.corpora.music import Music
from daw_bridge.corpora.parts import read_parts
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError

GROOVE = PartFile(
    path=".",
    name="Groove MIDI Dataset 1.0.0",
    licence="Groove MIDI Dataset (Gillick, Roberts, Engel, Eck, Bamman, 'Learning to Groove with "
    "Inverse Sequence Transformations', ICML 2019), Google LLC, CC BY 4.0, modified: re-encoded.",
)
"""What a card must say where a model was trained on it."""

N_ENTRIES, ENTRY_BARS = 2, 6
"""How many excerpts of a beat begin in its middle, and how long they are."""


def read_music(preset: TrainingFile, folder: Path, vocabulary: Vocabulary) -> Music:
    """Read takes, and excerpts from the middle of those that are learnt.

    The Groove MIDI Dataset is known by its table: its takes are as published, in the table's order.

    Raises:
        UserError: the codec holds no drums, or the folder nothing usable.
    """
    if vocabulary.kind != "drums":
        raise UserError("a codec of drums for drum takes", vocabulary.name, "mend the preset")
    table = info.find(folder)
    reading = ReadingFile(
        parts=() if table is None else (GROOVE,),
        drop_duplicates=table is None,
        balance=preset.reading.balance,
    )
    music = read_parts(reading, folder, vocabulary, seed=preset.loop.seed)
    if table is not None:
        order = {key: number for number, key in enumerate(info.read(table))}
        music = replace(
            music,
            pieces=tuple(
                sorted(music.pieces, key=lambda p: order.get(info.key_of(p.name), len(order)))
            ),
        )
    return replace(music, besides=tuple(entries(music.split("train"), preset.loop.seed)))


def entries(takes: Sequence[Piece], seed: int) -> list[Piece]:
    """Return short excerpts from the middle of beats, each as if a piece began there.

    Drummers begin a recording with a pickup or a rest. A player that begins a jam has no past
    either, but is wanted to be in the groove from its first bar.
    """
    rng = np.random.default_rng(seed)
    found = []
    for take in takes:
        if take.conditions.get("kind") == "fill" or take.n_bars < 2 * ENTRY_BARS:
            continue
        for first in rng.integers(1, take.n_bars - ENTRY_BARS, N_ENTRIES, endpoint=True).tolist():
            excerpt = take.excerpt(first, first + ENTRY_BARS)
            found.append(replace(excerpt, name=f"{take.name} from bar {first + 1}"))
    return found
