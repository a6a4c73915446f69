"""The baseline that counts: a Kneser-Ney n-gram, and one that may copy earlier bars.

Music repeats, so an n-gram that may also copy what came next the last time is hard to beat: a
network that does not look back loses to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, TokenTable
from daw_bridge.policies.layout import Layout
from daw_bridge.policies.observe_tokens import observe

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BUCKETS = np.array([0.0, 0.01, 0.25, 0.4, 0.55, 0.7, 0.85, 0.999])
"""Where the kinds of match begin, by `observe_tokens.Sight`'s length: 0, 1, 2, 3, 6, 11, 19 steps,
all."""

_FEW = 16
N_KINDS = 2 * len(_BUCKETS) + 1
"""Kinds of match: none, and by length those that agree within the step so far, and those that do
not."""


class KneserNey:
    """An n-gram with interpolated Kneser-Ney smoothing (Kneser and Ney, 1995).

    One discount an order, n1 / (n1 + 2 n2). Contexts at the start of a sequence are padded.
    """

    def __init__(self, order: int, vocab_size: int) -> None:
        self.order, self.vocab_size = order, vocab_size
        self._pad = vocab_size
        self._counts: list[dict[tuple[int, ...], Counter[int]]] = []
        self._totals: list[dict[tuple[int, ...], tuple[int, int]]] = []
        self._discounts: list[float] = []
        self._columns: dict[int, tuple[Ints, Ints]] = {}

    def fit(self, sequences: Sequence[Ints]) -> KneserNey:
        """Count the n-grams of sequences; give self."""
        highest: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for sequence in sequences:
            padded = [self._pad] * (self.order - 1) + sequence.tolist()
            for end in range(self.order - 1, len(padded)):
                highest[tuple(padded[end - self.order + 1 : end])][padded[end]] += 1
        tables = [highest]
        for _ in range(self.order - 1):
            lower: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
            for context, counter in tables[-1].items():
                # How many different tokens stand before it, not how often it stands.
                for token in counter:
                    lower[context[1:]][token] += 1
            tables.append(lower)
        self._counts = tables[::-1]
        for table in self._counts:
            values = Counter(n for counter in table.values() for n in counter.values())
            self._discounts.append(values[1] / max(values[1] + 2 * values[2], 1) or 0.5)
            self._totals.append({c: (sum(k.values()), len(k)) for c, k in table.items()})
        self._columns = {}
        return self

    def chances(self, context: Sequence[int]) -> Floats:
        """Return the chance of every token after a context: [vocab_size]."""
        out = np.full(self.vocab_size, 1.0 / self.vocab_size)
        for counter, discount, total, different in self._counted(context):
            out *= discount * different / total
            for token, count in counter.items():
                out[token] += (count - discount) / total
        return out

    def chance(self, context: Sequence[int], token: int) -> float:
        """Return the chance of one token after a context."""
        out = 1.0 / self.vocab_size
        for counter, discount, total, different in self._counted(context):
            out *= discount * different / total
            if count := counter.get(token):
                out += (count - discount) / total
        return out

    def chance_of_any(self, context: Sequence[int], allowed: Bools) -> float:
        """Return the chance that one of the allowed tokens [vocab_size] stands after a context."""
        out = allowed.sum() / self.vocab_size
        for counter, discount, total, different in self._counted(context):
            tokens, counts = self._columns_of(counter)
            out *= discount * different / total
            out += (counts[allowed[tokens]] - discount).sum() / total
        return float(out)

    def _columns_of(self, counter: Counter[int]) -> tuple[Ints, Ints]:
        """Return the tokens that were counted, and how often each; kept once made."""
        if id(counter) not in self._columns:  # counters live as long as this
            self._columns[id(counter)] = np.array([*counter]), np.array([*counter.values()])
        return self._columns[id(counter)]

    def foretell(self, sequence: Ints) -> Floats:
        """Return the chance of each token of a sequence: [n]."""
        tokens = sequence.tolist()
        before = self.order - 1
        return np.array(
            [self.chance(tokens[max(i - before, 0) : i], token) for i, token in enumerate(tokens)]
        )

    def _counted(self, context: Sequence[int]) -> Iterator[tuple[Counter[int], float, int, int]]:
        """Yield what stands after a context, by rising order: counts, discount, total, kinds."""
        padded = [self._pad] * (self.order - 1 - len(context)) + list(context)
        for length in range(self.order):
            key = tuple(padded[len(padded) - length :])
            counter = self._counts[length].get(key)
            if counter is None:
                return
            yield counter, self._discounts[length], *self._totals[length][key]


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """What may be copied at each token of a piece, and how well the past agrees with it.

    `token` [n] is the vocabulary's size and `kind` [n] is 0 where there is nothing to copy.
    """

    token: Ints
    kind: Ints


def copies_of(sequence: Ints, layout: Layout) -> Copies:
    """Find for each token what followed at the best matching earlier bar."""
    seen = observe(sequence, layout)
    length, alike = seen.features[seen.step, :, 1], seen.alike
    known = seen.copies != layout.nothing
    # The nearest wins among equals: argmax takes the first.
    best = np.argmax(known * (1 + 2 * alike + length), 1)[:, None]
    token = np.take_along_axis(seen.copies, best, 1)[:, 0]
    bucket = np.searchsorted(_BUCKETS, np.take_along_axis(length, best, 1)[:, 0], "right") - 1
    agrees = np.take_along_axis(alike, best, 1)[:, 0] > 0
    kind = 1 + bucket + len(_BUCKETS) * agrees
    out = Copies(np.full(len(sequence), layout.nothing), np.zeros(len(sequence), np.int64))
    on_step = layout.tokens.rank[sequence] >= 0
    out.token[on_step] = token
    out.kind[on_step] = np.where(token == layout.nothing, 0, kind)
    return out


class CopyingNgram:
    """A Kneser-Ney n-gram, mixed with a copy of an earlier bar.

    How far a kind of match is trusted is found by expectation and maximisation on the half of the
    training pieces that an n-gram of the other half has not seen.
    """

    def __init__(self, order: int, layout: Layout) -> None:
        self._layout = layout
        self.ngram = KneserNey(order, layout.vocab_size)
        self.trust = np.zeros(N_KINDS)

    def fit(self, sequences: Sequence[Ints]) -> CopyingNgram:
        """Count, and find the trust in each kind of match; give self."""
        parts = list(sequences)
        if len(parts) < _FEW:  # one long piece has no other half, so it is cut
            parts = [part for each in parts for part in np.array_split(each, _FEW)]
        parts = [part for part in parts if len(part)]
        held, counted = parts[::2], parts[1::2] or parts
        half = KneserNey(self.ngram.order, self._layout.vocab_size).fit(counted)
        copies = [copies_of(sequence, self._layout) for sequence in held]
        base = np.concatenate([half.foretell(sequence) for sequence in held])
        kind = np.concatenate([each.kind for each in copies])
        right = np.concatenate([c.token == s for c, s in zip(copies, held, strict=True)])
        trust = np.full(N_KINDS, 0.5)
        seen = np.maximum(np.bincount(kind, minlength=N_KINDS), 1)
        for _ in range(30):
            copied = trust[kind] * right
            share = copied / (copied + (1 - trust[kind]) * base)
            trust = np.bincount(kind, share, N_KINDS) / seen
            trust[0] = 0
        self.trust = trust
        self.ngram.fit(sequences)
        return self

    def foretell(self, sequence: Ints, allowed: Iterable[Bools] | None = None) -> Floats:
        """Return the chance of each token of a sequence: [n].

        Where a grammar says what is `allowed` at each place, nothing else is copied, and what was
        counted adds up to 1 among these.
        """
        copies = copies_of(sequence, self._layout)
        trust = self.trust[copies.kind]
        counted = self.ngram.foretell(sequence)
        if allowed is not None:
            masks = [np.append(mask, False) for mask in allowed]
            trust = trust * [mask[token] for mask, token in zip(masks, copies.token, strict=True)]
            counted = counted / [*self._chances_of_any(sequence, masks)]
        mixed: Floats = trust * (copies.token == sequence) + (1 - trust) * counted
        return mixed

    def _chances_of_any(self, sequence: Ints, allowed: Iterable[Bools]) -> Iterator[float]:
        tokens, before = sequence.tolist(), self.ngram.order - 1
        for place, mask in enumerate(allowed):
            yield self.ngram.chance_of_any(tokens[max(place - before, 0) : place], mask[:-1])

    def chances(self, past: Ints) -> Floats:
        """Return the chance of every token after all of `past`: [vocab_size]."""
        # What is observed of a token does not depend on it, so any may stand in its place.
        copies = copies_of(np.append(past, 0), self._layout)
        trust, token = self.trust[copies.kind[-1]], int(copies.token[-1])
        out: Floats = (1 - trust) * self.ngram.chances(past[-(self.ngram.order - 1) :].tolist())
        if token < len(out):
            out[token] += trust
        return out


def words_layout(vocab_size: int, steps_per_bar: int, n_bars: int = 16) -> Layout:
    """Return the layout of words: every token is a step, bars have a fixed number of them."""
    bars = tuple(steps_per_bar * bar for bar in range(1, n_bars + 1))
    words = [Token("", rank=0, ends_step=True)] * vocab_size
    return Layout.of(TokenTable.of(words, 0), near=(1,), bars=bars[:1], copied=bars)
