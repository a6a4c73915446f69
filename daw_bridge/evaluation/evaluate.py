"""One model against held-out music, beside the baselines, in one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.evaluation import features, likelihood, samples
from daw_bridge.evaluation.diversity import copied_share, shapes, vendi
from daw_bridge.evaluation.features import Excerpt
from daw_bridge.evaluation.free_running import jam_of
from daw_bridge.evaluation.heard import (
    TRAINING_EXCERPTS,
    Model,
    at_a_limit,
    of_dynamics,
    of_training,
    style_ranks,
    takes_of,
)
from daw_bridge.evaluation.measures.table import figures
from daw_bridge.evaluation.music import Judged, Tell, dynamics_of, find
from daw_bridge.evaluation.ngram import CopyingNgram
from daw_bridge.evaluation.samples import Wanted
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.load import vocabulary_of

ORDER = 5
"""The order of the n-gram; on the validation sets of this project neither 4 nor 6 is better by 3
%."""

NGRAM_EXCERPTS = 16
"""Drawn from an n-gram, at most: it is slow to say what may be copied."""

HELD_OUT, LEARNT = "held-out music", "training music"


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is drawn and how: `n_excerpts` of `n_bars` from each source.

    `preset` is the jam that the model plays, where it is not the one of its name; `options`, such
    as a temperature, come before what that says.
    """

    n_excerpts: int
    n_bars: int
    seed: int
    preset: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    workers: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The figures of one source of bars: likelihood, if it has one, features, and measures."""

    name: str
    figures: Mapping[str, float]
    features: Mapping[str, float] = field(default_factory=dict)
    overlap: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All rows, what they were measured on, and the features of every excerpt for a plot."""

    model: str
    about: Mapping[str, Any]
    rows: tuple[Row, ...]
    tables: Mapping[str, Mapping[str, np.ndarray]]

    def plain(self) -> dict[str, Any]:
        """Return everything but the tables as plain data."""
        return {
            "model": self.model,
            **self.about,
            "rows": {
                row.name: {
                    **row.figures,
                    "features": dict(row.features),
                    "measures": dict(row.measures),
                    "overlap_and_divergence": {k: list(v) for k, v in row.overlap.items()},
                }
                for row in self.rows
            },
        }


def evaluate(
    folder: Path,
    paths: Sequence[Path],
    settings: Settings,
    *,
    training: Sequence[Path] = (),
    preset: TrainingFile | None = None,
    cache: Path | None = None,
    tell: Tell = lambda _: None,
) -> Report:
    """Measure the model in `folder` on the music under `paths`.

    Judged is the split "test" where the music has one, else "valid", else all of it. The baselines
    learn from the split "train", or from all of `training`. With a `preset` the music is read and
    split as for its training.

    Raises:
        UserError: the model or the music cannot be used.
    """
    card = read_card(folder)
    vocabulary = vocabulary_of(card)
    tell("reading")
    music = find(paths, vocabulary, training=training, preset=preset, cache=cache, tell=tell)
    judged, known = music.pieces, music.known
    tell(f"listening to {len(judged)} pieces")
    model = likelihood.of_model(folder, judged, workers=settings.workers)
    baselines = _Baselines.learn(known, vocabulary, tell) if known else None
    if baselines is None:
        tell('no split "train" for baselines to learn from: name one with --train, or --preset')
    rows = [Row(card.name, likelihood.figures_of(model, vocabulary))]
    if baselines is not None:
        rows += baselines.rows(judged, vocabulary)
    tables: dict[str, dict[str, np.ndarray]] = {}
    preset_name, jam = jam_of(card.name, settings.preset, settings.options)
    if has_bars(vocabulary) and vocabulary.kind != "frames":  # a frame alone is no music to judge
        player = Model(card.name, folder, vocabulary, jam, settings.workers)
        wanted, drawn = _draw(player, judged, baselines, settings, tell)
        if drawn:
            rows, tables = _compare(rows, drawn, known, vocabulary)
            tell("measuring what is heard")
            dynamics = dynamics_of(card, paths[0], tell)
            rows = _measured(rows, player, wanted, drawn, music, dynamics, settings)
    about = {
        "split": music.split,
        "pieces": len(judged),
        "bars": sum(piece.n_bars for piece in judged),
        "training_pieces": len(known),
        "unit": likelihood.unit_of(vocabulary),
        "excerpts": settings.n_excerpts,
        "bars_each": settings.n_bars,
        "seed": settings.seed,
        "jam": preset_name,
        "temperature": jam.temperature,
        "top_p": jam.top_p,
    }
    return Report(card.name, about, tuple(rows), tables)


@dataclass(frozen=True, slots=True, eq=False)
class _Baselines:
    ngram: CopyingNgram
    last_bar: CopyingNgram

    @classmethod
    def learn(cls, pieces: Sequence[Piece], vocabulary: Vocabulary, tell: Tell) -> _Baselines:
        tell(f"counting n-grams of {len(pieces)} pieces")
        layout = likelihood.symbols_layout(vocabulary, pieces[0])
        sequences = [likelihood.symbols_of(piece, vocabulary).tokens for piece in pieces]
        nearest = layout.only_copying(layout.copied[:1] or (1,))
        return cls(
            CopyingNgram(ORDER, layout).fit(sequences), CopyingNgram(1, nearest).fit(sequences)
        )

    def rows(self, pieces: Sequence[Piece], vocabulary: Vocabulary) -> list[Row]:
        symbols = [likelihood.symbols_of(piece, vocabulary) for piece in pieces]
        tallies = {
            "n-gram that copies": likelihood.of_ngram(self.ngram, symbols, vocabulary),
            "copy of the last bar": likelihood.of_ngram(self.last_bar, symbols, vocabulary),
            "random": likelihood.of_chance(symbols, self.ngram.ngram.vocab_size, vocabulary),
        }
        return [Row(name, likelihood.figures_of(t, vocabulary)) for name, t in tallies.items()]


def _draw(
    player: Model,
    judged: Sequence[Piece],
    baselines: _Baselines | None,
    settings: Settings,
    tell: Tell,
) -> tuple[list[Wanted], dict[str, list[Excerpt]]]:
    """Draw as many excerpts from every source, each under the conditions of a real one."""
    codec = player.codec
    rng = np.random.default_rng(settings.seed)
    real = [
        (piece, excerpt)
        for piece in judged
        for excerpt in features.excerpts([piece.bars()], settings.n_bars)
    ]
    if len(real) < 2:
        tell(f"no samples: the music holds less than two excerpts of {settings.n_bars} bars")
        return [], {}
    chosen = rng.permutation(len(real))[: settings.n_excerpts]
    wanted = [Wanted(real[i][0], settings.seed + n, settings.n_bars) for n, i in enumerate(chosen)]
    held_out: list[Excerpt] = [[codec.quantise(bar) for bar in real[i][1]] for i in chosen]
    tell(f"drawing {len(wanted)} excerpts from the model")
    out = {HELD_OUT: held_out}
    out[player.name] = samples.of_model(player.folder, wanted, player.jam, workers=settings.workers)
    if baselines is not None:
        tell("drawing from the baselines")
        some = wanted[:NGRAM_EXCERPTS]
        out["n-gram that copies"] = [samples.of_ngram(baselines.ngram, w, codec) for w in some]
    out["copy of the last bar"] = [samples.of_repetition(excerpt) for excerpt in held_out]
    out["random"] = [samples.of_chance(each, codec) for each in wanted]
    return wanted, out


def _measured(
    rows: Sequence[Row],
    player: Model,
    wanted: Sequence[Wanted],
    drawn: Mapping[str, list[Excerpt]],
    music: Judged,
    dynamics: Judged | None,
    settings: Settings,
) -> list[Row]:
    """Add the measures of what is heard to the rows of held-out music and the model.

    What was learnt has a row of its own, since held-out music may be little. Beside the velocities
    of a touch stand those of music with dynamics.
    """
    kind, codec = player.codec.kind, player.codec
    pieces = [each.piece for each in wanted]
    found = {name: figures(takes_of(pieces, drawn[name], kind)) for name in (HELD_OUT, player.name)}
    found[player.name] |= at_a_limit(player, wanted, drawn[player.name])
    if kind == "drums" and music.known and hasattr(codec, "style"):
        ranks = style_ranks(player, music.pieces, music.known, settings.seed)
        for name, rank in zip((player.name, HELD_OUT), ranks, strict=True):
            found[name]["style_rank"] = rank
    if music.known:
        found[LEARNT] = of_training(music.known, settings.n_bars, settings.seed, codec)
    if dynamics is not None:
        for name, own in ((HELD_OUT, dynamics.pieces), (LEARNT, dynamics.known)):
            loud = of_dynamics(own, settings.n_bars, TRAINING_EXCERPTS, settings.seed, codec)
            found[name] = found.get(name, {}) | loud
    named = {row.name: row for row in rows}
    return [
        replace(named.get(name, Row(name, {})), measures=found.get(name, {}))
        for name in {**named, **found}
    ]


def _compare(
    rows: list[Row],
    drawn: Mapping[str, list[Excerpt]],
    known: Sequence[Piece],
    codec: Codec,
) -> tuple[list[Row], dict[str, dict[str, np.ndarray]]]:
    """Add features, overlap with held-out music, copying and diversity to the rows."""
    drums = codec.kind == "drums"
    wanted = features.DRUMS if drums else features.PITCHED
    tables = {name: features.table(excerpts, wanted) for name, excerpts in drawn.items()}
    shapes_known = shapes((piece.bars() for piece in known), codec)
    real = tables[HELD_OUT]
    named = {row.name: row for row in rows}
    out = []
    for name, excerpts in drawn.items():
        overlap = {
            feature: features.overlap_and_divergence(real[feature], values)
            for feature, values in tables[name].items()
        }
        if name == HELD_OUT:  # against itself it would be perfect: its halves are compared
            overlap = {
                feature: features.overlap_and_divergence(values[::2], values[1::2])
                for feature, values in real.items()
            }
        means = {feature: float(values.mean()) for feature, values in tables[name].items()}
        figures = dict(named[name].figures) if name in named else {}
        figures["overlap"] = float(np.mean([area for area, _ in overlap.values()]))
        figures["divergence"] = float(np.mean([nats for _, nats in overlap.values()]))
        if known:
            figures["copied_bars"] = copied_share(excerpts, shapes_known, codec)
        figures["vendi"] = vendi(
            np.stack([features.histogram(bars, drums=drums) for bars in excerpts])
        )
        out.append(Row(name, figures, means, overlap))
    return out, tables
