"""What is observed of tokens in play, step by step, is what is observed of the whole piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.observe_tokens import (
    Steps,
    candidates,
    identify,
    look,
    seen_tokens,
    sources,
)
from daw_bridge.policies.recall_tokens import Memory, Step, after, begin_with
from daw_bridge.policies.recall_tokens import look as look_now

VOCABULARIES = [Line(), Polyphony(), ChipVoices(), Frames(), Tx1()]


def rows_of(layout: Layout, n: int, seed: int) -> list[tuple[int, ...]]:
    """Draw steps, some of them longer than what is kept; phrases of them come again."""
    rng = np.random.default_rng(seed)
    on = np.flatnonzero(layout.tokens.rank >= 0)
    kinds = []
    for size in (1, 1, 2, 3, 14):
        tokens = rng.choice(on, size)
        ranks = layout.tokens.rank[tokens]
        kinds.append(tuple(tokens[np.unique(ranks, return_index=True)[1]].tolist()))
    rows: list[tuple[int, ...]] = []
    while len(rows) < n:
        if rows and rng.random() < 0.2:
            begin = int(rng.integers(len(rows)))
            rows += rows[begin : begin + int(rng.integers(60))]
        rows.append(kinds[int(rng.integers(len(kinds)))])
    return rows[:n]


def padded(rows: list[tuple[int, ...]], layout: Layout) -> np.ndarray:
    out = np.full((len(rows), layout.kept), layout.nothing)
    for row, tokens in zip(out, rows, strict=True):
        row[: min(len(tokens), layout.kept)] = tokens[: layout.kept]
    return out


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda each: each.name)
@given(st.integers(1, 20), st.integers(0, 99))
@settings(max_examples=4, deadline=None)
def test_every_step_of_a_piece(vocabulary: Vocabulary, n_steps: int, seed: int) -> None:
    layout = layout_of(vocabulary)
    rows = rows_of(layout, 300, seed)
    tokens = padded(rows, layout)
    steps = Steps(tokens, identify(tokens, layout))
    n = len(rows)
    sight = look(steps.ids, np.arange(n), np.full(n, n_steps), layout)
    seen = seen_tokens(steps, sight.seen, layout)
    there = sources(steps, sight.source, layout)
    memory = Memory.of_nothing(layout)
    for at, row in enumerate(rows):
        now = look_now(memory, n_steps, layout)
        assert np.array_equal(now.features, sight.features[at])
        assert np.array_equal(padded(now.seen[: len(seen[at])], layout), seen[at])
        assert np.array_equal(
            padded([each.tokens for each in now.sources], layout), there.tokens[at]
        )
        memory = memory.after(row, n_steps, layout)


@pytest.mark.parametrize("n_steps", [16, 24])
def test_what_was_forgotten_is_not_observed(n_steps: int) -> None:
    """After hours as from the last steps alone."""
    layout = layout_of(ChipVoices())
    rows = rows_of(layout, 1500, 1)
    memory = Memory.of_nothing(layout)
    for at, row in enumerate(rows):
        memory = memory.after(row, n_steps, layout)
        if at > 1000 and at % 20 == 0:
            tokens = padded(rows[max(at + 1 - layout.reach(n_steps), 0) : at + 1], layout)
            steps = Steps(tokens, identify(tokens, layout))
            where = np.array([len(tokens)]), np.array([n_steps])
            sight, now = look(steps.ids, *where, layout), look_now(memory, n_steps, layout)
            assert np.array_equal(now.features, sight.features[0])
            assert np.array_equal(
                padded([each.tokens for each in now.sources], layout),
                sources(steps, sight.source, layout).tokens[0],
            )


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda each: each.name)
def test_every_token_of_a_step(vocabulary: Vocabulary) -> None:
    layout = layout_of(vocabulary)
    rows = rows_of(layout, 60, 4)
    tokens = padded(rows, layout)
    steps = Steps(tokens, identify(tokens, layout))
    there = sources(steps, np.arange(60)[None], layout)
    rank = layout.tokens.rank
    ours = [
        Step(kept, tuple(rank[list(kept)].tolist()), (*kept, -1))
        for kept in (row[: layout.kept] for row in rows)
    ]
    for row in rows:
        for k in range(min(len(row), layout.kept)):
            at = int(rank[row[k - 1]]) if k else -1
            played = padded([row[:k]], layout)
            copies, alike = candidates(there, np.array([at]), played, layout)
            next_ones = after(at, ours)
            assert [layout.nothing if each < 0 else each for each in next_ones] == copies[
                0
            ].tolist()
            found = copies[0] != layout.nothing
            same = np.array(begin_with(row[:k], ours))
            assert np.array_equal(same & found, alike[0] > 0)


def test_a_memory_is_left_as_it_was() -> None:
    layout = layout_of(Line())
    memory = Memory.of_nothing(layout)
    for row in rows_of(layout, 40, 2):
        one, two = memory.after(row, 16, layout), memory.after(row, 16, layout)
        assert one.steps == two.steps
        assert np.array_equal(one.agreed, two.agreed)
        memory = one
