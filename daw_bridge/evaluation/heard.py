"""What is heard of a model at its jam preset, measure by measure, beside real music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from daw_bridge.config.jam import JamFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.tokens import known_of
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.kind import Kind
from daw_bridge.encoding.velocities import as_played
from daw_bridge.evaluation.features import Excerpt, excerpts
from daw_bridge.evaluation.free_running import Run, play
from daw_bridge.evaluation.measures import density, dynamics
from daw_bridge.evaluation.measures.style import ASKED, BARS, Styles
from daw_bridge.evaluation.measures.table import figures
from daw_bridge.evaluation.measures.take import Take, mean
from daw_bridge.evaluation.samples import Wanted, of_model

LIMITED_TAKES = 16
"""How many of the excerpts are drawn again with half the notes."""

TRAINING_EXCERPTS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model, its codec, and the jam that it plays."""

    name: str
    folder: Path
    codec: Codec
    jam: JamFile
    workers: int | None = None


def takes_of(pieces: Sequence[Piece], every: Sequence[Excerpt], kind: Kind) -> list[Take]:
    """Return excerpts of pieces, or those drawn under their conditions, as takes."""
    known = [known_of(piece) for piece in pieces]
    return [
        Take(bars, kind, each["key"], each["drums"])
        for bars, each in zip(every, known, strict=True)
    ]


def of_training(known: Sequence[Piece], n_bars: int, seed: int, codec: Codec) -> dict[str, float]:
    """Return the figures of the music that was learnt, of excerpts drawn by seed."""
    real = [(piece, bars) for piece in known for bars in excerpts([piece.bars()], n_bars)]
    chosen = np.random.default_rng(seed).permutation(len(real))[:TRAINING_EXCERPTS]
    bars = [[codec.quantise(bar) for bar in real[i][1]] for i in chosen]
    return figures(takes_of([real[i][0] for i in chosen], bars, codec.kind))


def of_dynamics(
    pieces: Sequence[Piece], n_bars: int, n_excerpts: int, seed: int, codec: Codec
) -> dict[str, float]:
    """Return how loud music with dynamics is, of excerpts drawn by seed."""
    real = excerpts([piece.bars() for piece in pieces], n_bars)
    chosen = np.random.default_rng(seed).permutation(len(real))[:n_excerpts]
    takes = [Take([as_played(codec, bar) for bar in real[i]], codec.kind) for i in chosen]
    return dynamics.figures(takes) | dynamics.phrases(takes)


def at_a_limit(model: Model, wanted: Sequence[Wanted], free: Sequence[Excerpt]) -> dict[str, float]:
    """Return where notes are struck under a limit of half the notes that are struck without."""
    some, drawn = wanted[:LIMITED_TAKES], [*chain(*free[:LIMITED_TAKES])]
    struck = mean(sum(not note.tied for note in bar.notes) for bar in drawn)
    limit = max(round(struck / 2), 2)
    limits = model.jam.limits.model_copy(update={"density": limit})
    jam = model.jam.model_copy(update={"limits": limits})
    limited = of_model(model.folder, some, jam, workers=model.workers)
    return density.figures([*chain(*limited)], drawn, limit)


def style_ranks(
    model: Model, held_out: Sequence[Piece], known: Sequence[Piece], seed: int
) -> tuple[float, float]:
    """Return the mean rank of the style that was told: in the model's music, and in held-out music.

    Twelve pieces of eight bars are drawn of each style; held out are as many, where there are.
    """
    styles = Styles.of(known)
    asked = styles.asked()
    runs = [Run(_told(model.jam, style, seed + n), BARS) for style in asked for n in range(ASKED)]
    played = play(model.folder, runs, workers=model.workers)
    names = [style for style in asked for _ in range(ASKED)]
    ours = [styles.rank(each.bars, name) for each, name in zip(played, names, strict=True)]
    theirs = []
    for style in asked:
        own = [piece.bars() for piece in held_out if piece.conditions.get("style") == style]
        some = excerpts(own, BARS)[:ASKED]
        theirs += [styles.rank([model.codec.quantise(b) for b in bars], style) for bars in some]
    return mean(ours), mean(theirs)


def _told(jam: JamFile, style: str, seed: int) -> JamFile:
    return jam.model_copy(update={"conditions": {**jam.conditions, "style": style}, "seed": seed})
