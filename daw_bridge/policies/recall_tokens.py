"""What the network over tokens that looks back observes in play: as `observe_tokens`, step by step.

Music is observed over a whole piece where a network learns from it, and before the step to come
where it plays. Both give the same numbers. How the music agrees with itself at every distance is
kept as bits, so that a step that is closed adds one bit to each, and nothing is compared again.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.policies.layout import N_COMPARED, Layout

Floats = NDArray[np.float32]

_COMMON = 16
"""At least as many steps a bar are remembered, so that a meter may change for a while."""


class Step(NamedTuple):
    """The `tokens` of a step, as many as are kept, and how they rank in it."""

    tokens: tuple[int, ...] = ()
    ranks: tuple[int, ...] = ()
    ended: tuple[int, ...] = (-1,)
    """The tokens, and -1 after the last."""


NO_STEP = Step()


def after(rank: int, steps: Iterable[Step]) -> list[int]:
    """Return the first token of each step beyond a rank, -1 for none."""
    return [each.ended[bisect(each.ranks, rank)] for each in steps]


def begin_with(tokens: tuple[int, ...], steps: Iterable[Step]) -> list[bool]:
    """Whether the first tokens of each step are these."""
    n = len(tokens)
    return [each.tokens[:n] == tokens for each in steps]


class Memory(NamedTuple):
    """What was played, the last step first.

    `notes` are the last that each voice began, where voices play one at a time, and `earlier` those
    before them. `ids` [n] are equal
    for steps that pass for one another. Of the 32 bits of `agreed` uint32 [n], at d - 1, the lowest
    says whether the last step was that d steps before it, and so on back.
    """

    steps: tuple[Step, ...]
    ids: NDArray[np.int64]
    agreed: NDArray[np.uint32]
    notes: tuple[int, ...]
    earlier: tuple[int, ...]

    @classmethod
    def of_nothing(cls, layout: Layout) -> Memory:
        """Return the memory before a piece."""
        notes = (layout.nothing,) * layout.n_voices
        return cls((), np.zeros(0, np.int64), np.zeros(0, np.uint32), notes, notes)

    def after(self, tokens: tuple[int, ...], n_steps: int, layout: Layout) -> Memory:
        """Return the memory after a step, as long as bars of `n_steps` need it."""
        kept = tokens[: layout.kept]
        ranks = tuple(layout.tokens.rank.take(kept).tolist())
        passes_for = kept if layout.alike is None else tuple(layout.alike[list(kept)].tolist())
        step_id = hash(passes_for)
        n = _reach(layout, max(n_steps, _COMMON))
        agreed = self.agreed << _ONE
        agreed |= self.ids == step_id
        return Memory(
            (Step(kept, ranks, (*kept, -1)), *self.steps[: n - 1]),
            np.concatenate(((step_id,), self.ids[: n - 1])),
            np.concatenate((agreed, _NO_BITS))[:n],
            *self._notes_after(tokens, layout),
        )

    def _notes_after(
        self, tokens: tuple[int, ...], layout: Layout
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the last notes of voices, and those before them."""
        notes, earlier = list(self.notes), list(self.earlier)
        for token in tokens if notes else ():
            if (voice := layout.begins[token]) >= 0:
                notes[voice], earlier[voice] = token, notes[voice]
        return tuple(notes), tuple(earlier)

    def back(self, distances: Iterable[int]) -> list[Step]:
        """Return the steps so many steps back, 1 for the last; an empty one before the piece."""
        steps, n = self.steps, len(self.steps)
        return [steps[each - 1] if 0 < each <= n else NO_STEP for each in distances]


_NO_BITS, _ONE = np.zeros(1, np.uint32), np.uint32(1)
_reach = lru_cache(maxsize=64)(Layout.reach)


class Sight(NamedTuple):
    """What is observed before a step.

    `seen` [n_seen] are the tokens of the steps that are looked at, and last of voices; `sources`
    [n_copied] those that may be copied, and `features` [n_copied, 4] say how well these have
    agreed, as in `observe_tokens.Sight`.
    """

    seen: list[tuple[int, ...]]
    sources: list[Step]
    features: Floats


def look(memory: Memory, n_steps: int, layout: Layout, told: int = 0) -> Sight:
    """Look back, in bars of `n_steps`, from the step to come.

    It is told to return to the bar `told` bars back, 0 for none.
    """
    distances = [n_steps * bars for bars in layout.copied] + _matching(memory, layout)
    natural = len(distances)
    if layout.told:
        distances.append(n_steps * told)
    bits = _bits(memory, distances)
    features, sums = zip(*map(_agreement, bits), strict=True)
    best = distances[sums.index(max(sums[:natural]))]
    near = [*layout.near, *(n_steps * bars for bars in layout.bars), best, *distances[natural:]]
    seen = [each.tokens for each in memory.back(near)]
    if memory.notes:
        both = memory.notes, memory.earlier
        seen += [tuple(note for note in notes if note != layout.nothing) for notes in both]
    return Sight(
        seen,
        memory.back(distances),
        np.array(features, np.float32),
    )


def _matching(memory: Memory, layout: Layout) -> list[int]:
    """Return for each length how far back the same steps were played last, 0 for never."""
    found = dict.fromkeys(layout.matches, 0)
    first = 0
    for length in sorted(layout.matches):
        mask = np.uint32(_MASKS[length])
        # All of the steps before that place are to be remembered.
        same = (memory.agreed[first : max(len(memory.steps) - length, 0)] & mask) == mask
        place = int(same.argmax()) if len(same) else 0
        if not len(same) or not same[place]:
            break
        # What matches longer matches shorter too, so it is no later.
        first += place
        found[length] = first + 1
    return [found[length] for length in layout.matches]


_MASKS = [(1 << length) - 1 for length in range(N_COMPARED + 1)]


def _bits(memory: Memory, distances: Iterable[int]) -> list[int]:
    """Return how the last steps agree with those that are remembered before places; -1: none is."""
    agreed, n = memory.agreed, len(memory.steps)
    return [
        agreed.item(each - 1) & _MASKS[min(n - each, N_COMPARED)] if 0 < each <= n else -1
        for each in distances
    ]


_LENGTHS = np.log1p(np.arange(N_COMPARED + 1, dtype=np.float32)) / np.log1p(N_COMPARED)
_EXACT: list[float] = _LENGTHS.tolist()
_ROUNDED: list[float] = _LENGTHS.astype(np.float16).tolist()
"""Of a length of agreement, the logarithm; rounded as a network has learnt from it."""


@lru_cache(maxsize=4096)
def _agreement(bits: int) -> tuple[tuple[float, float, float, float], float]:
    """Return the features of a source, and their sum, by which the best is chosen.

    Below 0 there is none.
    """
    if bits < 0:
        return (0, 0, 0, 0), 0
    length = (~bits & (bits + 1)).bit_length() - 1
    near, far = (bits & 0xFF).bit_count() / 8, bits.bit_count() / N_COMPARED
    return (1, _ROUNDED[length], near, far), _EXACT[length] + near + far
