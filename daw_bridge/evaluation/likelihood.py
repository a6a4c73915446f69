"""How well music is foretold, in the units of the published tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

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
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.load import load, vocabulary_of
from daw_bridge.policies.policy import Drummer, Policy, is_drummer
from daw_bridge.policies.sampling import nats

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
    return "perplexity" if as_text(vocabulary) else "nats_per_16th"


TOLD = "_told"
"""Ends the names of what was foretold with key, style and the like told, beside the meter."""

FEEL_HEARD, WORDS_ALONE = "_feel_heard", "_words_alone"
"""End the names of what was foretold of feel: from all that was played before, and from words."""


def figures_of(tally: Tally, vocabulary: Vocabulary) -> dict[str, float]:
    """Return the figures of a tally, the one of the tables first.

    What does not end in `TOLD` was foretold with nothing told but the meter.
    """
    unit, out = unit_of(vocabulary), {}
    for told in ("", TOLD):
        if f"token{told}" in tally.sums:
            nats = tally.mean(f"token{told}")
            units = {"perplexity": math.exp(nats), "nats_per_frame": tally.mean(f"bar{told}")}
            out[unit + told] = units.get(unit) or tally.mean(f"16th{told}")
            if unit == "nats_per_16th" and not by_steps(vocabulary):
                out[f"nats_per_token{told}"] = nats
    for feel in (FEEL_HEARD, WORDS_ALONE):
        if f"ms{feel}" in tally.sums:
            out[f"timing_mae_ms{feel}"] = tally.mean(f"ms{feel}")
            out[f"velocity_rmse{feel}"] = math.sqrt(tally.mean(f"velocity{feel}"))
    if "still_ms" in tally.sums:
        out["quantised_mae_ms"] = tally.mean("still_ms")
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
            if not has_bars(vocabulary):
                _hear_events(policy, vocabulary, piece, tally)
                continue
            told = conditioned(vocabulary, piece)
            ways = {"": vocabulary} if told == vocabulary else {"": vocabulary, TOLD: told}
            for name, codec in ways.items():
                if is_drummer(policy):
                    _hear_drums(policy, codec, piece, tally, name)
                else:
                    _hear_bars(policy, codec, piece, tally, name)
        return tally


def _hear_bars(policy: Policy, codec: Codec, piece: Piece, tally: Tally, told: str) -> None:
    logits, state = policy.step(codec.start_token, policy.initial_state())
    total, count, text = 0.0, 0, as_text(codec)
    counts = (codec.tokens.rank >= 0) | text
    for token, allowed in followed(piece, codec):
        forced = int(allowed.sum()) == 1
        if counts[token] and not forced:
            total += nats(logits, token, allowed)
        count += bool(counts[token]) and (text or not forced)
        logits, state = policy.step(token, state)
    _add(tally, told, total, count, piece)


def surprise(policy: Policy, codec: Codec, bars: Sequence[Bar], tempo_qpm: float) -> float:
    """Return in nats how little a model awaits each token of some bars; of drums, each word.

    It is told what the codec tells, as it was when it drew them.
    """
    held = [codec.quantise(bar) for bar in bars]
    if is_drummer(policy):
        found = foretell(policy, [(held, cast("DrumGrid", codec), tempo_qpm)], feel_given=True)
        return found.word_nats / max(found.words, 1)
    tally = Tally()
    _hear_bars(policy, codec, Piece.of("", held, tempo_qpm=tempo_qpm), tally, "")
    return tally.mean("token")


def followed(piece: Piece, codec: Codec) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Return the tokens of a piece, each with what the grammar allows in its place."""
    for bar in piece.bars():
        grammar = codec.grammar(bar.meter)
        for token in codec.encode(bar).tolist():
            allowed = grammar.allowed()
            assert allowed is not None  # noqa: S101  # an encoded bar follows its grammar
            yield token, allowed
            grammar.push(token)


def _add(tally: Tally, told: str, nats: float, count: float, piece: Piece) -> None:
    """Add what a piece cost, by token, bar and 16th."""
    tally.add(f"token{told}", nats, count)
    tally.add(f"bar{told}", nats, piece.n_bars)
    tally.add(f"16th{told}", nats, sixteenths(piece))


def sixteenths(piece: Piece) -> int:
    """Count the 16ths of a piece."""
    return sum(Meter(*pair).steps() for pair in piece.meters.tolist())


def _hear_events(policy: Policy, vocabulary: Vocabulary, piece: Piece, tally: Tally) -> None:
    encoded = encode_piece(piece, vocabulary)
    assert encoded is not None  # noqa: S101  # every song has events
    logits, state = policy.step(vocabulary.start_token, policy.initial_state())
    total = 0.0
    for token in encoded.tokens.tolist():
        total += nats(logits, token)
        logits, state = policy.step(token, state)
    tally.add("token", total, len(encoded.tokens))
    tally.add("bar", total, 1)


def _hear_drums(policy: Drummer, codec: Codec, piece: Piece, tally: Tally, told: str) -> None:
    """Foretell words and feel; what conditions do is told of words alone."""
    heard = [(piece.bars(), cast("DrumGrid", codec), piece.tempo_qpm)]
    found = foretell(policy, heard, feel_given=True)
    _add(tally, told, found.word_nats, found.words, piece)
    if told:
        return
    tally.add("f1_right", found.right, 1)
    tally.add("f1_wrong", found.wrong, 1)
    tally.add("still_ms", found.errors.get("still_ms", 0.0), found.compared)
    for name, by in ((FEEL_HEARD, found), (WORDS_ALONE, foretell(policy, heard, feel_given=False))):
        for error in ("ms", "velocity"):
            tally.add(f"{error}{name}", by.errors.get(error, 0.0), by.compared)


@dataclass(frozen=True, slots=True, eq=False)
class Symbols:
    """A piece as an n-gram sees it: `tokens` [n], and which of them count."""

    piece: Piece
    tokens: Ints
    counted: NDArray[np.bool_]


def symbols_of(piece: Piece, vocabulary: Vocabulary) -> Symbols:
    """Return a piece as the symbols in which its likelihood is stated: words, or tokens.

    Nothing but the meter is told.

    Raises:
        UserError: the encoding has no token for a meter of the piece.
    """
    if has_bars(vocabulary) and not by_steps(vocabulary):
        tokens = np.concatenate([vocabulary.encode(bar) for bar in piece.bars()])
        on_step = vocabulary.tokens.rank[tokens] >= 0
        return Symbols(piece, tokens, on_step | as_text(vocabulary))
    encoded = encode_piece(piece, vocabulary)
    if encoded is None:
        raise UserError("a meter that the encoding has a token for", piece.name, "leave it out")
    tokens = encoded.tokens.astype(np.int64)
    if by_steps(vocabulary):
        tokens = tokens[vocabulary.tokens.rank[tokens] >= 0]
    return Symbols(piece, tokens, np.ones(len(tokens), np.bool_))


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


def of_ngram(ngram: CopyingNgram, pieces: Sequence[Symbols], vocabulary: Vocabulary) -> Tally:
    """Foretell pieces by an n-gram, under the grammar that the model has."""
    tally = Tally()
    for symbols in pieces:
        masks = masks_of(symbols, vocabulary)
        chances = ngram.foretell(symbols.tokens, masks)
        _add_chances(tally, symbols, masks, chances, vocabulary)
    return tally


def of_chance(pieces: Sequence[Symbols], vocab_size: int, vocabulary: Vocabulary) -> Tally:
    """Foretell pieces by drawing any symbol that the grammar allows."""
    tally = Tally()
    for symbols in pieces:
        masks = masks_of(symbols, vocabulary)
        counts = [vocab_size] * len(symbols.tokens) if masks is None else [m.sum() for m in masks]
        _add_chances(tally, symbols, masks, 1 / np.array(counts), vocabulary)
    return tally


def masks_of(symbols: Symbols, vocabulary: Vocabulary) -> list[NDArray[np.bool_]] | None:
    """Return what the grammar allows in the place of each symbol; None: anything, as of words."""
    if by_steps(vocabulary) or not has_bars(vocabulary):
        return None
    return [allowed for _, allowed in followed(symbols.piece, vocabulary)]


def _add_chances(
    tally: Tally,
    symbols: Symbols,
    masks: Sequence[NDArray[np.bool_]] | None,
    chances: NDArray[np.float64],
    vocabulary: Vocabulary,
) -> None:
    """Add what pieces cost; what the grammar forces costs nothing, and counts in text alone."""
    counted = symbols.counted
    if masks is not None:
        forced = np.array([mask.sum() == 1 for mask in masks], np.bool_)
        chances = np.where(forced, 1.0, chances)
        counted = counted & (~forced | as_text(vocabulary))
    nats = float(-np.log(np.maximum(chances[counted], 1e-30)).sum())
    _add(tally, "", nats, int(counted.sum()), symbols.piece)
