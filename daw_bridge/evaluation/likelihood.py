"""How well music is foretold, in the units of the published tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.dataset import conditioned, encode_piece
from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_classes import N_WORDS
from daw_bridge.encoding.drum_grid import DrumGrid, steps_of, word_of
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.evaluation.drum_figures import foretell
from daw_bridge.evaluation.ngram import CopyingNgram, words_layout
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.load import load, vocabulary_of
from daw_bridge.policies.policy import Policy

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Tally:
    """Add up what is foretold of some pieces: sums and counts by name."""

    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, value: float, count: float) -> None:
        """Add a sum over `count` things."""
        self.sums[name] = self.sums.get(name, 0.0) + value
        self.counts[name] = self.counts.get(name, 0.0) + count

    def join(self, other: Tally) -> None:
        """Add another tally."""
        for name, value in other.sums.items():
            self.add(name, value, other.counts[name])

    def mean(self, name: str) -> float:
        """Give the mean of what was added under a name."""
        return self.sums[name] / max(self.counts[name], 1.0)


def unit_of(codec: Codec) -> str:
    """Name the unit in which the tables give likelihood for an encoding."""
    match codec:
        case DrumGrid():
            return "nats_per_16th"
        case DrumText() | Tx1():
            return "perplexity"
        case Frames():
            return "nats_per_frame"
    return "nats_per_token"


def figures_of(tally: Tally, codec: Codec) -> dict[str, float]:
    """Give the figures of a tally, the one of the tables first."""
    nats = tally.mean("token")
    per_bar = tally.sums["token"] / max(tally.counts["bar"], 1.0)
    unit = unit_of(codec)
    first = {"perplexity": math.exp(nats), "nats_per_frame": per_bar}.get(unit, nats)
    out = {unit: first}
    if unit == "nats_per_token":
        out |= {"nats_per_bar": per_bar, "perplexity": math.exp(nats)}
    for name in ("timing_mae_ms", "quantised_mae_ms"):
        if name in tally.sums:
            out[name] = tally.mean(name)
    if "velocity_square" in tally.sums:
        out["velocity_rmse"] = math.sqrt(tally.mean("velocity_square"))
    if "f1_right" in tally.sums:
        right, wrong = tally.sums["f1_right"], tally.sums["f1_wrong"]
        out["note_f1"] = 2 * right / max(2 * right + wrong, 1.0)
    return out


def of_model(
    folder: Path,
    pieces: Sequence[Piece],
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> Tally:
    """Step the model in a folder through pieces, as it plays, in parallel.

    Tokens that a grammar forces are certain, so conditions cost nothing.
    """
    total = Tally()
    jobs = sorted(pieces, key=lambda piece: -piece.n_bars)
    for tally in spread(_Listen(folder), jobs, chunk=2, few=2, workers=workers, progress=progress):
        total.join(tally)
    return total


@dataclass(frozen=True, slots=True)
class _Listen:
    folder: Path

    def __call__(self, pieces: list[Piece]) -> Tally:
        policy = load(self.folder)
        codec = vocabulary_of(policy.card)
        tally = Tally()
        for piece in pieces:
            if isinstance(codec, DrumGrid):
                _hear_drums(policy, piece, tally)
            elif isinstance(codec, Tx1):
                _hear_events(policy, codec, piece, tally)
            else:
                _hear_tokens(policy, conditioned(codec, piece), piece, tally)
        return tally


def _hear_tokens(policy: Policy, codec: Codec, piece: Piece, tally: Tally) -> None:
    logits, state = policy.step(codec.start_token, policy.initial_state())
    nats, count = 0.0, 0
    bars = piece.bars()
    for bar in bars:
        grammar = codec.grammar(bar.meter)
        for token in codec.encode(bar).tolist():
            allowed = grammar.allowed()
            assert allowed is not None  # noqa: S101  # an encoded bar follows its grammar
            forced = int(allowed.sum()) == 1
            if not forced:
                scores = logits[allowed].astype(np.float64)
                best = scores.max()
                nats += math.log(np.exp(scores - best).sum()) + best - float(logits[token])
            count += not forced or isinstance(codec, DrumText)
            logits, state = policy.step(token, state)
            grammar.push(token)
    tally.add("token", nats, count)
    tally.add("bar", nats, len(bars))


def _hear_events(policy: Policy, codec: Tx1, piece: Piece, tally: Tally) -> None:
    encoded = encode_piece(piece, codec)
    assert encoded is not None  # noqa: S101  # every song has events
    logits, state = policy.step(codec.start_token, policy.initial_state())
    nats = 0.0
    for token in encoded.tokens.tolist():
        scores = logits.astype(np.float64)
        best = scores.max()
        nats += math.log(np.exp(scores - best).sum()) + best - float(logits[token])
        logits, state = policy.step(token, state)
    tally.add("token", nats, len(encoded.tokens))
    tally.add("bar", nats, 1)


def _hear_drums(policy: Policy, piece: Piece, tally: Tally) -> None:
    bars = piece.bars()
    found = foretell(policy, [(bars, DrumGrid(), piece.tempo_qpm)], feel_given=True)  # type: ignore[arg-type]
    tally.add("token", found.word_nats, found.words)
    tally.add("bar", found.word_nats, len(bars))
    tally.add("f1_right", found.right, 1)
    tally.add("f1_wrong", found.wrong, 1)
    for ours, theirs in (
        ("timing_mae_ms", "ms"),
        ("quantised_mae_ms", "still_ms"),
        ("velocity_square", "velocity"),
    ):
        tally.add(ours, found.errors.get(theirs, 0.0), found.compared)


@dataclass(frozen=True, slots=True, eq=False)
class Symbols:
    """Hold a piece as an n-gram sees it: `tokens` [n], which of them count, and their layout."""

    tokens: Ints
    counted: NDArray[np.bool_]
    n_bars: int


def symbols_of(piece: Piece, codec: Codec) -> Symbols:
    """Give a piece as the symbols in which its likelihood is stated: words, or tokens."""
    if isinstance(codec, Tx1):
        encoded = encode_piece(piece, codec)
        events = np.zeros(0, np.int64) if encoded is None else encoded.tokens.astype(np.int64)
        return Symbols(events, np.ones(len(events), np.bool_), 1)
    bars = piece.bars()
    if isinstance(codec, DrumGrid):
        words = [word_of(step) for bar in bars for step in steps_of(bar)]
        tokens = np.array(words, np.int64)
        return Symbols(tokens, np.ones(len(tokens), np.bool_), len(bars))
    known = conditioned(codec, piece)
    tokens = np.concatenate([known.encode(bar) for bar in bars])
    if isinstance(codec, DrumText):
        return Symbols(tokens, np.ones(len(tokens), np.bool_), len(bars))
    return Symbols(tokens, codec.tokens.rank[tokens] >= 0, len(bars))


def symbols_layout(codec: Codec, piece: Piece) -> Layout:
    """Give the layout of the symbols of a piece."""
    match codec:
        case DrumGrid():
            return words_layout(N_WORDS, piece.bars()[0].meter.steps())
        case DrumText():
            return words_layout(codec.vocab_size, codec.meter.steps(codec.step) + 1)
    return layout_of(codec)


def of_ngram(ngram: CopyingNgram, pieces: Sequence[Symbols]) -> Tally:
    """Foretell pieces by an n-gram."""
    tally = Tally()
    for symbols in pieces:
        chances = ngram.foretell(symbols.tokens)[symbols.counted]
        nats = float(-np.log(np.maximum(chances, 1e-30)).sum())
        tally.add("token", nats, len(chances))
        tally.add("bar", nats, symbols.n_bars)
    return tally


def of_chance(pieces: Sequence[Symbols], vocab_size: int) -> Tally:
    """Foretell pieces by drawing any symbol."""
    tally = Tally()
    for symbols in pieces:
        n = int(symbols.counted.sum())
        tally.add("token", n * math.log(vocab_size), n)
        tally.add("bar", n * math.log(vocab_size), symbols.n_bars)
    return tally
