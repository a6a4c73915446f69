"""Bars to be held against real ones: from a model, and from baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from daw_bridge.config.jam import JamFile
from daw_bridge.corpora.parallel import Progress, silent
from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.tokens import conditioned
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.evaluation.features import Excerpt
from daw_bridge.evaluation.free_running import Run, play, told_of
from daw_bridge.evaluation.likelihood import by_steps
from daw_bridge.evaluation.ngram import CopyingNgram
from daw_bridge.music.notes import Bar
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.load import codec_of
from daw_bridge.policies.sampling import generator

Chances = Callable[[np.ndarray], np.ndarray]
"""From the tokens so far to the chance of each next one."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One excerpt to draw: under the conditions and in the meter of a piece, from a seed."""

    piece: Piece
    seed: int
    n_bars: int


def of_model(
    folder: Path,
    wanted: Sequence[Wanted],
    jam: JamFile,
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> list[Excerpt]:
    """Draw excerpts from the model in a folder, at the settings of a jam, in parallel."""
    codec = codec_of(read_card(folder))
    runs = [Run(told_of(jam, each.piece, codec, each.seed), each.n_bars) for each in wanted]
    return [played.bars for played in play(folder, runs, workers=workers, progress=progress)]


def of_repetition(excerpt: Excerpt) -> Excerpt:
    """Copy the first bar over all that follow: the copy of the last bar, over and over."""
    return [excerpt[0]] * len(excerpt)


def of_ngram(ngram: CopyingNgram, wanted: Wanted, codec: Codec) -> Excerpt:
    """Draw an excerpt from an n-gram that copies, under the grammar of the codec."""
    return _draw(ngram.chances, wanted, codec)


def of_chance(wanted: Wanted, codec: Codec) -> Excerpt:
    """Draw an excerpt in which every token that may come next is as likely."""
    return _draw(lambda _: np.ones(codec.vocab_size), wanted, codec)


def _draw(chances: Chances, wanted: Wanted, codec: Codec) -> Excerpt:
    """Draw bars; drums with feel are drawn as words, without feel."""
    meter = wanted.piece.bars()[0].meter
    words_alone = by_steps(codec)
    drawn = DrumText(meter=meter) if words_alone else conditioned(codec, wanted.piece)
    rng = generator(wanted.seed)
    past: list[int] = []
    bars: list[Bar] = []
    for _ in range(wanted.n_bars):
        grammar = drawn.grammar(meter)
        while (allowed := grammar.allowed()) is not None:
            token = _one_of(allowed, chances, past, rng)
            grammar.push(token)
            if not (words_alone and token == drawn.start_token):
                past.append(token)
        bars.append(grammar.bar())
    return bars


def _one_of(
    allowed: np.ndarray, chances: Chances, past: list[int], rng: np.random.Generator
) -> int:
    if allowed.sum() == 1:
        return int(np.argmax(allowed))
    weights = chances(np.array(past, np.int64))
    full = np.zeros(len(allowed))
    n = min(len(weights), len(full))
    full[:n] = weights[:n]
    full *= allowed
    total = np.cumsum(full if full.sum() > 0 else allowed.astype(np.float64))
    return int(np.searchsorted(total, rng.random() * total[-1], side="right"))
