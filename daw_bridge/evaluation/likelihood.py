"""How well music is foretold, in the units of the published tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.tokens import conditioned, encode_piece
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.errors import UserError
from daw_bridge.evaluation.drum_figures import foretell
from daw_bridge.evaluation.ngram import CopyingNgram, words_layout
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.load import load, vocabulary_of
from daw_bridge.policies.policy import Drummer, Policy, is_drummer

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Tally:
    """Sums and counts, by name, of what is foretold of some pieces."""

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
        """Return the mean of what was added under a name."""
        return self.sums[name] / max(self.counts[name], 1.0)


def as_text(vocabulary: Vocabulary) -> bool:
    """Whether each token counts, as in text: where none says the meter, a bar's end is news."""
    return not has_bars(vocabulary) or vocabulary.meter is not None


def by_steps(vocabulary: Vocabulary) -> bool:
    """Whether a step whole is what counts: so it is with drums, but not as text."""
    return vocabulary.kind == "drums" and not as_text(vocabulary)


def unit_of(vocabulary: Vocabulary) -> str:
    """Return the unit in which the tables give likelihood for an encoding."""
    if vocabulary.kind == "frames":
        return "nats_per_frame"
    if as_text(vocabulary):
        return "perplexity"
    return "nats_per_16th" if by_steps(vocabulary) else "nats_per_token"


def figures_of(tally: Tally, vocabulary: Vocabulary) -> dict[str, float]:
    """Return the figures of a tally, the one of the tables first."""
    nats = tally.mean("token")
    per_bar = tally.sums["token"] / max(tally.counts["bar"], 1.0)
    unit = unit_of(vocabulary)
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
        vocabulary = vocabulary_of(policy.card)
        tally = Tally()
        for piece in pieces:
            if is_drummer(policy):
                _hear_drums(policy, piece, tally)
            elif has_bars(vocabulary):
                _hear_bars(policy, conditioned(vocabulary, piece), piece, tally)
            else:
                _hear_events(policy, vocabulary, piece, tally)
        return tally


def _hear_bars(policy: Policy, codec: Codec, piece: Piece, tally: Tally) -> None:
    logits, state = policy.step(codec.start_token, policy.initial_state())
    nats, count, text = 0.0, 0, as_text(codec)
    counts = (codec.tokens.rank >= 0) | text
    bars = piece.bars()
    for bar in bars:
        grammar = codec.grammar(bar.meter)
        for token in codec.encode(bar).tolist():
            allowed = grammar.allowed()
            assert allowed is not None  # noqa: S101  # an encoded bar follows its grammar
            forced = int(allowed.sum()) == 1
            if counts[token] and not forced:
                scores = logits[allowed].astype(np.float64)
                best = scores.max()
                nats += math.log(np.exp(scores - best).sum()) + best - float(logits[token])
            count += bool(counts[token]) and (text or not forced)
            logits, state = policy.step(token, state)
            grammar.push(token)
    tally.add("token", nats, count)
    tally.add("bar", nats, len(bars))


def _hear_events(policy: Policy, vocabulary: Vocabulary, piece: Piece, tally: Tally) -> None:
    encoded = encode_piece(piece, vocabulary)
    assert encoded is not None  # noqa: S101  # every song has events
    logits, state = policy.step(vocabulary.start_token, policy.initial_state())
    nats = 0.0
    for token in encoded.tokens.tolist():
        scores = logits.astype(np.float64)
        best = scores.max()
        nats += math.log(np.exp(scores - best).sum()) + best - float(logits[token])
        logits, state = policy.step(token, state)
    tally.add("token", nats, len(encoded.tokens))
    tally.add("bar", nats, 1)


def _hear_drums(policy: Drummer, piece: Piece, tally: Tally) -> None:
    bars = piece.bars()
    found = foretell(policy, [(bars, DrumGrid(), piece.tempo_qpm)], feel_given=True)
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
    """A piece as an n-gram sees it: `tokens` [n], which of them count, and their layout."""

    tokens: Ints
    counted: NDArray[np.bool_]
    n_bars: int


def symbols_of(piece: Piece, vocabulary: Vocabulary) -> Symbols:
    """Return a piece as the symbols in which its likelihood is stated: words, or tokens.

    Raises:
        UserError: the encoding has no token for a meter of the piece.
    """
    encoded = encode_piece(piece, vocabulary)
    if encoded is None:
        raise UserError("a meter that the encoding has a token for", piece.name, "leave it out")
    tokens, n_bars = encoded.tokens.astype(np.int64), len(encoded.bars) - 1
    on_step = vocabulary.tokens.rank[tokens] >= 0
    if by_steps(vocabulary):
        tokens, on_step = tokens[on_step], on_step[on_step]
    return Symbols(tokens, on_step | as_text(vocabulary), n_bars)


def symbols_layout(vocabulary: Vocabulary, piece: Piece) -> Layout:
    """Return the layout of the symbols of a piece."""
    tokens = vocabulary.tokens
    if by_steps(vocabulary):
        n_words = int((tokens.rank >= 0).sum())
        return words_layout(n_words, tokens.steps_in(piece.bars()[0].meter))
    if vocabulary.kind == "drums" and has_bars(vocabulary) and vocabulary.meter is not None:
        # text, whose bars end in a symbol of their own
        return words_layout(vocabulary.vocab_size, tokens.steps_in(vocabulary.meter) + 1)
    return replace(layout_of(vocabulary), told=False)


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
