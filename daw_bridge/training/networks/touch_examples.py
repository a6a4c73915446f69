"""From pieces with dynamics to what a touch is shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary, has_bars
from daw_bridge.encoding.velocities import as_played
from daw_bridge.music.form import PHRASE, Label, heard_as
from daw_bridge.music.loudness import Loudness, nearest
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH
from daw_bridge.policies.observe_form import labels_of
from daw_bridge.policies.observe_touch import BEFORE, Floats, Heard, drum_voices, observe, struck
from daw_bridge.training.batches import Example


def example_of(piece: Piece, vocabulary: Vocabulary) -> Example | None:
    """Return the notes that are struck in a piece; None: there are none, or it holds no bars."""
    if not has_bars(vocabulary):
        return None
    bars = [as_played(vocabulary, bar) for bar in piece.bars()]
    if not any(bar.notes for bar in bars):
        return None
    heard, drums = Heard(), drum_voices(vocabulary)
    features, before, velocity = list[Floats](), list[tuple[int, ...]](), list[int]()
    for bar, label, loudness in zip(bars, labels(bars), loudnesses(bars), strict=True):
        notes = struck(bar)
        features.append(observe(bar, notes, heard, label, loudness, drums))
        for note in notes:
            before.append(heard.before(note, label.back))
            velocity.append(note.velocity)
            heard.take(note, note.velocity)
        heard = heard.closed()
    return Example(
        piece.name,
        {
            "features": np.concatenate(features).astype(np.float16),
            "before": np.array(before, np.int16).reshape(-1, BEFORE),
            "velocity": np.array(velocity, np.int16),
        },
        padding={"velocity": 1},
    )


def labels(bars: Sequence[Bar]) -> list[Label]:
    """Label the bars of a piece, by what begins in each of their 16ths."""
    ids: list[int] = []
    first: list[int] = []
    known: dict[frozenset[tuple[int, ...]], int] = {frozenset(): 0}
    for bar in bars:
        first.append(len(ids))
        n_steps = bar.meter.steps()
        steps: list[list[tuple[int, ...]]] = [[] for _ in range(n_steps)]
        for each in heard_as(bar, drums=False):
            steps[min(max(each[1] // SIXTEENTH, 0), n_steps - 1)].append(each)
        ids += [known.setdefault(frozenset(step), len(known)) for step in steps]
    every = np.array(ids, np.int64)
    return labels_of(every, every > 0, np.array(first, np.int64))


def loudnesses(bars: Sequence[Bar]) -> list[Loudness | None]:
    """Return how loud each bar's phrase of eight bars is: what a user asks for, within it not."""
    out: list[Loudness | None] = []
    for at in range(0, len(bars), PHRASE):
        phrase = bars[at : at + PHRASE]
        played = [note.velocity for bar in phrase for note in struck(bar)]
        out += [nearest(float(np.mean(played))) if played else None] * len(phrase)
    return out


def phrase_logits(pieces: Sequence[Piece]) -> Floats:
    """Return how likely each loudness of a phrase is after each, and at first: logits [7, 6].

    Phrases of rests are left out. Pieces count as they weigh in the last stage; what never comes
    counts as if it had come once in a thousand times.
    """
    counts = np.full((len(Loudness) + 1, len(Loudness)), 1e-3)
    for piece in pieces:
        phrases = [each for each in loudnesses(list(piece.bars()))[::PHRASE] if each is not None]
        for before, after in pairwise([len(Loudness), *phrases]):
            counts[before, after] += piece.weights[1]
    logits: Floats = np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
    return logits
