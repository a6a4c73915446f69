"""One model against held-out music, beside the baselines, in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora import dataset as data
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.parts import read_parts
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.errors import UserError
from daw_bridge.evaluation import features, likelihood, samples
from daw_bridge.evaluation.diversity import copied_share, shapes, vendi
from daw_bridge.evaluation.features import Excerpt
from daw_bridge.evaluation.ngram import CopyingNgram
from daw_bridge.evaluation.samples import Wanted
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.load import codec_of, vocabulary_of

ORDER = 5
"""The order of the n-gram; on the validation sets of this project neither 4 nor 6 is better by 3
%."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """Say how much is drawn and how: `n_excerpts` of `n_bars` from each source."""

    n_excerpts: int = 32
    n_bars: int = 8
    seed: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    workers: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Hold the figures of one source of bars: likelihood, if it has one, and features."""

    name: str
    figures: Mapping[str, float]
    features: Mapping[str, float] = field(default_factory=dict)
    overlap: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Hold all rows, what they were measured on, and the features of every excerpt for a plot."""

    model: str
    about: Mapping[str, Any]
    rows: tuple[Row, ...]
    tables: Mapping[str, Mapping[str, np.ndarray]]

    def plain(self) -> dict[str, Any]:
        """Give everything but the tables as plain data."""
        return {
            "model": self.model,
            **self.about,
            "rows": {
                row.name: {
                    **row.figures,
                    "features": dict(row.features),
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
    if preset is not None:
        judged, known, split = _read_as(preset, paths[0], vocabulary, tell)
    else:
        judged, known, split = _read(paths, training, vocabulary, cache, tell)
    tell(f"listening to {len(judged)} pieces")
    model = likelihood.of_model(folder, judged, workers=settings.workers)
    baselines = _Baselines.learn(known, vocabulary, tell) if known else None
    if baselines is None:
        tell('no split "train" for baselines to learn from: name one with --train, or --preset')
    rows = [Row(card.name, likelihood.figures_of(model, vocabulary))]
    if baselines is not None:
        rows += baselines.rows(judged, vocabulary)
    drawn = {}
    if has_bars(vocabulary) and vocabulary.kind != "frames":  # a frame alone is no music to judge
        drawn = _draw(folder, judged, baselines, settings, tell)
    tables = {}
    if drawn:
        rows, tables = _compare(rows, drawn, known, vocabulary)
    about = {
        "split": split,
        "pieces": len(judged),
        "bars": sum(piece.n_bars for piece in judged),
        "training_pieces": len(known),
        "unit": likelihood.unit_of(vocabulary),
        "excerpts": settings.n_excerpts,
        "bars_each": settings.n_bars,
        "seed": settings.seed,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
    }
    return Report(card.name, about, tuple(rows), tables)


def _read(
    paths: Sequence[Path],
    training: Sequence[Path],
    vocabulary: Vocabulary,
    cache: Path | None,
    tell: Tell,
) -> tuple[list[Piece], list[Piece], str]:
    reading = Reading("tx1" if vocabulary.kind == "events" else vocabulary.kind)
    corpus = data.read(paths, reading, cache=cache)
    pieces = list(corpus.pieces)
    _tell_skipped([f"{name}: {why}" for name, why in corpus.skipped], tell)
    if len(pieces) == 1 and pieces[0].split == "train":  # one long text: its last tenth judges
        pieces = list(data.held_out_end(pieces[0]))
    splits = {piece.split for piece in pieces}
    split = next((name for name in ("test", "valid") if name in splits), "")
    if not split and "train" in splits:
        raise UserError("held-out music", "training music alone", "name a folder with validation")
    judged = [p for p in pieces if p.split == split and _fits(p, vocabulary)]
    known = [p for p in pieces if p.split == "train" and _fits(p, vocabulary)]
    if training:
        known = [
            p for p in data.read(training, reading, cache=cache).pieces if _fits(p, vocabulary)
        ]
    if not judged:
        raise UserError(
            "music in meters that the codec can hold (drums are judged in 4/4)",
            f"none in {paths[0]}",
            "name other data",
        )
    return judged, known, split or "all"


def _tell_skipped(skipped: Sequence[str], tell: Tell) -> None:
    if skipped:
        tell(f"skipped {len(skipped)} file(s): {'; '.join(skipped)}")


def _read_as(
    preset: TrainingFile, folder: Path, vocabulary: Vocabulary, tell: Tell
) -> tuple[list[Piece], list[Piece], str]:
    if preset.data != "music" or preset.codec.name != vocabulary.name:
        raise UserError(
            f"a preset that reads music for the codec {vocabulary.name}",
            preset.title,
            "name another",
        )
    music = read_parts(preset.reading, folder, preset.loop.seed)
    _tell_skipped(music.skipped, tell)
    judged, known = (
        [p for p in music.split(s) if _fits(p, vocabulary)] for s in ("valid", "train")
    )
    return judged, known, "valid"


def _fits(piece: Piece, vocabulary: Vocabulary) -> bool:
    """Whether a piece is judged: the tables of drums are of 4/4 alone."""
    if not has_bars(vocabulary):
        return True
    if vocabulary.kind == "drums":
        return bool((piece.meters == (4, 4)).all())
    try:
        for bar in {bar.meter: bar for bar in piece.bars()}.values():
            vocabulary.encode(bar)
    except UserError:
        return False
    return True


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
            "n-gram that copies": likelihood.of_ngram(self.ngram, symbols),
            "copy of the last bar": likelihood.of_ngram(self.last_bar, symbols),
            "random": likelihood.of_chance(symbols, self.ngram.ngram.vocab_size),
        }
        return [Row(name, likelihood.figures_of(t, vocabulary)) for name, t in tallies.items()]


def _draw(
    folder: Path,
    judged: Sequence[Piece],
    baselines: _Baselines | None,
    settings: Settings,
    tell: Tell,
) -> dict[str, list[Excerpt]]:
    """Draw as many excerpts from every source, each under the conditions of a real one."""
    card = read_card(folder)
    codec = codec_of(card)
    rng = np.random.default_rng(settings.seed)
    real = [
        (piece, excerpt)
        for piece in judged
        for excerpt in features.excerpts([piece.bars()], settings.n_bars)
    ]
    if len(real) < 2:
        tell(f"no samples: the music holds less than two excerpts of {settings.n_bars} bars")
        return {}
    chosen = rng.permutation(len(real))[: settings.n_excerpts]
    wanted = [Wanted(real[i][0], settings.seed + n, settings.n_bars) for n, i in enumerate(chosen)]
    held_out = [[codec.quantise(bar) for bar in real[i][1]] for i in chosen]
    tell(f"drawing {len(wanted)} excerpts from the model")
    out = {"held-out music": held_out}
    out[card.name] = samples.of_model(
        folder,
        wanted,
        temperature=settings.temperature,
        top_p=settings.top_p,
        workers=settings.workers,
    )
    if baselines is not None:
        tell("drawing from the baselines")
        out["n-gram that copies"] = [samples.of_ngram(baselines.ngram, w, codec) for w in wanted]
    out["copy of the last bar"] = [samples.of_repetition(excerpt) for excerpt in held_out]
    out["random"] = [samples.of_chance(each, codec) for each in wanted]
    return out


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
    real = tables["held-out music"]
    named = {row.name: row for row in rows}
    out = []
    for name, excerpts in drawn.items():
        overlap = {
            feature: features.overlap_and_divergence(real[feature], values)
            for feature, values in tables[name].items()
        }
        if name == "held-out music":  # against itself it would be perfect: its halves are compared
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
