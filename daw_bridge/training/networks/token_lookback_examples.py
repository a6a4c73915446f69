"""From pitched music to what the network that looks back over tokens is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import BAR, DURATION, START, Piece
from daw_bridge.corpora.tokens import encode, transpositions
from daw_bridge.encoding.codec import Ints, Tokens, Vocabulary
from daw_bridge.music.time import PPQ, Meter
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.observe_leap import LeapTable
from daw_bridge.policies.observe_tokens import observe
from daw_bridge.training.batches import Example

MOST_MOVED = 6
"""Semitones that a piece is moved up (one less than that) or down, at most."""


def examples_of(
    pieces: Sequence[Piece], vocabulary: Vocabulary, *, transpose: bool
) -> list[Example | None]:
    """Return each piece as an example; None: a meter that has no token."""
    examples: list[Example | None] = []
    for piece, encoded in zip(pieces, encode(pieces, vocabulary), strict=True):
        if encoded is None or not len(encoded.tokens):
            examples.append(None)
            continue
        moves = transpositions(piece) if transpose else [0]
        reach = (min(moves, default=0), max(moves, default=0))
        tokens, silent = encoded.tokens.astype(np.int64), _silent_steps(piece, vocabulary)
        examples.append(example_of_tokens(piece.name, tokens, vocabulary, reach, silent))
    return examples


def example_of_tokens(
    name: str,
    tokens: Tokens,
    vocabulary: Vocabulary,
    reach: tuple[int, int],
    silent_steps: int = 0,
) -> Example:
    """Return a piece's tokens as an example; `reach` is how far it may be moved down and up.

    Its last `silent_steps` are left out: a model that learns the silence after a piece falls silent
    in a jam, and stays so.
    """
    layout = layout_of(vocabulary)
    closing = np.flatnonzero(layout.tokens.ends_step[tokens])
    if 0 < silent_steps < len(closing):
        tokens = tokens[: closing[-silent_steps - 1] + 1]
    seen = observe(tokens, layout)
    n = len(seen.place)
    low, high = max(reach[0], -MOST_MOVED), min(reach[1], MOST_MOVED - 1)
    short = np.int16
    return Example(
        name,
        {
            "seen": seen.seen.astype(short),
            "features": seen.features.astype(np.float16),
            "place": seen.place.astype(short),
            "key": seen.key.astype(short),
            "form": seen.form.features.astype(np.float16),
            "low": np.full(n, low, np.int8),
            "high": np.full(n, high, np.int8),
        },
        {
            "step": seen.step.astype(np.int32),
            "target": seen.target.astype(short),
            "last": seen.last.astype(short),
            "played": seen.played.astype(short),
            "notes": seen.notes.astype(short),
            "copies": seen.copies.astype(short),
            "alike": seen.alike.astype(np.int8),
            "agreed": seen.features[seen.step].astype(np.float16),
            **_leaps(tokens, layout),
        },
        padding={"seen": layout.nothing},
        labels=seen.form.labels,
    )


def _leaps(tokens: Ints, layout: Layout) -> dict[str, NDArray[np.int16]]:
    """Return the leap that is open before each token on a step, of a melody alone."""
    if layout.n_voices != 1:
        return {}
    open_leaps = LeapTable(layout.tokens).observe(tokens)
    return {"leap": open_leaps[layout.tokens.rank[tokens] >= 0].astype(np.int16)}


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
