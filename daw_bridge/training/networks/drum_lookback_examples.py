"""From drum takes and drum text to what the drummer that looks back is shown."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_classes import N_CLASSES
from daw_bridge.encoding.drum_grid import (
    N_OFFSETS,
    STYLES,
    TEMPO_BOUNDS_QPM,
    Step,
    scaled_offset,
    scaled_velocity,
    steps_of,
    word_of,
)
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, SIXTEENTH, Ticks
from daw_bridge.policies.observe_drums import (
    NOTHING,
    HitsSoFar,
    Observation,
    Steps,
    observe,
    observe_hits,
    recent,
)
from daw_bridge.policies.observe_form import observe_form
from daw_bridge.policies.observe_place import place_rows
from daw_bridge.training.batches import Array, Example

Ints = NDArray[np.int64]

_PADDING = {"words": NOTHING, "copies": NOTHING, "recent": NOTHING}
_TOMS = (4, 5, 6)
ANY, NO, YES = 0, 1, 2


def example_of(piece: Piece) -> Example:
    """Return a take as an example.

    In training the silence after its last hit is not learnt: it ends the recording, and a player
    that has learnt to end falls silent in the middle of a jam.
    """
    bars = piece.bars()
    steps = [step for bar in bars for step in steps_of(bar)]
    lengths = [bar.meter.steps() for bar in bars]
    n_steps = np.repeat(lengths, lengths)
    place = np.concatenate([np.arange(n) for n in lengths])
    past = _past(steps)
    form = observe_form(past.words, past.words > 0, np.flatnonzero(place == 0))
    places = np.concatenate([place_rows(bar.meter, SIXTEENTH) for bar in bars])
    seen = observe(past, np.arange(len(steps)), places, n_steps, form)
    style, is_fill = piece.conditions.get("style", ""), piece.conditions.get("kind") == "fill"
    conditions = np.zeros((len(steps), 3), np.int16)
    conditions[:, 0] = 1 + STYLES.index(style) if style in STYLES else ANY
    conditions[:, 1] = 1 + bisect(TEMPO_BOUNDS_QPM, piece.tempo_qpm)
    conditions[:, 2] = np.repeat(fills(bars, is_fill=is_fill), lengths)
    return Example(
        piece.name,
        {
            **_columns(seen),
            "recent": recent(past.words).astype(np.int16),
            "conditions": conditions,
            "target": past.words.astype(np.int16),
            "weight": _learnt(past.words, ending=piece.split != "train"),
        },
        _hits(steps, past, seen.feel),
        _PADDING,
        labels=form.labels,
    )


def example_of_words(piece: Piece, codec: Codec) -> Example:
    """Return the words of a piece as an example, without what ends their bars."""
    bars, table = piece.bars(), codec.tokens
    tokens = np.concatenate([codec.encode(bar) for bar in bars])
    words, n_steps = tokens[table.rank[tokens] >= 0], table.steps_in(bars[0].meter)
    places = place_rows(bars[0].meter, Ticks(PPQ // table.steps_per_quarter))
    none = np.zeros((len(words), N_CLASSES), np.float32)
    at = np.arange(len(words))
    rows = places[at % n_steps]
    seen = observe(Steps(words, none, none), at, rows, np.full(len(words), n_steps))
    return Example(
        piece.name,
        {
            **_columns(seen),
            "conditions": np.zeros((len(words), 3), np.int16),
            "target": words.astype(np.int16),
        },
        padding=_PADDING,
    )


def _columns(seen: Observation) -> dict[str, Array]:
    return {
        "words": seen.words.astype(np.int16),
        "copies": seen.copies.astype(np.int16),
        "copy_features": seen.copy_features,
        "dense": seen.dense,
    }


def fills(bars: Sequence[Bar], *, is_fill: bool) -> list[int]:
    """Return for each bar of a take whether it is a fill.

    The Groove data marks whole takes. A bar of a beat is a fill here if it has four or more hits
    on toms, and three times as many as the take's bars have on average; it is none if it has no
    hit on a tom; else nothing is said.
    """
    if is_fill:
        return [YES] * len(bars)
    toms = [sum(len(step[drum]) for step in steps_of(bar) for drum in _TOMS) for bar in bars]
    mean = sum(toms) / max(len(toms), 1)
    return [NO if n == 0 else YES if n >= max(4, 3 * mean) else ANY for n in toms]


def _learnt(words: Ints, *, ending: bool) -> NDArray[np.float32]:
    played = np.flatnonzero(words)
    last = len(words) if ending or not len(played) else int(played[-1]) + 1
    return (np.arange(len(words)) < last).astype(np.float32)


def _past(steps: Sequence[Step]) -> Steps:
    words = np.array([word_of(step) for step in steps], np.int64)
    velocity = np.zeros((len(steps), N_CLASSES), np.float32)
    offset = np.zeros((len(steps), N_CLASSES), np.float32)
    for place, step in enumerate(steps):
        for drum, hits in enumerate(step):
            if hits:
                offset[place, drum] = scaled_offset(hits[0][0])
                velocity[place, drum] = scaled_velocity(hits[0][1])
    return Steps(words, velocity, offset)


def _hits(steps: Sequence[Step], past: Steps, feel: NDArray[np.float32]) -> dict[str, Array]:
    rows, same = [], []
    for place, step in enumerate(steps):
        for drum, hits in enumerate(step):
            for k, (offset, velocity) in enumerate(hits):
                last = hits[k - 1] if k else (N_OFFSETS // 2, -1)
                more = k < len(hits) - 1
                rows.append((place, drum, velocity, offset + N_OFFSETS * more))
                same.append((k > 0, scaled_velocity(last[1]), scaled_offset(last[0]), k > 1))
    at, of, velocities, offsets = np.array(rows, np.int64).reshape(-1, 4).T
    so_far = HitsSoFar(
        past.words[at],
        of,
        past.velocity[at],
        past.offset[at],
        np.array(same, np.float32).reshape(-1, 4),
    )
    seen = observe_hits(so_far, feel[at, of])
    return {"step": at, "seen": seen, "velocity": velocities, "offset": offsets, "drum": of}
