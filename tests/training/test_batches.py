"""Batches: every step of every piece once, in order, with little padding."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

from daw_bridge.training.batches import (  # noqa: E402  they need torch
    Example,
    chunks,
    cut,
    drawn,
    groups,
    whole,
)


def example(n: int, name: str = "x", first: int = 0) -> Example:
    """Give n steps, numbered, and an event at every third one."""
    steps = np.arange(first, first + n, dtype=np.int16)
    events = np.arange(0, n, 3)
    return Example(
        name,
        {"token": steps, "dense": np.stack([steps, -steps], 1).astype(np.float32)},
        {"step": events, "what": steps[events]},
        {"token": -1},
    )


def test_a_batch_lies_side_by_side_with_padding_at_the_end() -> None:
    (batch,) = chunks(whole([example(3), example(5, first=100)]), 10)
    assert batch["token"].T.tolist() == [[0, 1, 2, -1, -1], [100, 101, 102, 103, 104]]
    assert batch["weight"].T.tolist() == [[1, 1, 1, 0, 0], [1] * 5]
    assert batch["dense"].shape == (5, 2, 2)
    assert batch["dense"][3:, 0].tolist() == [[0, 0], [0, 0]]
    assert batch["step"].tolist() == [0, 0, 3]
    assert batch["lane"].tolist() == [0, 1, 1]
    assert batch["what"].tolist() == [0, 100, 103]


def test_steps_have_their_own_weight_where_a_piece_says_so() -> None:
    weighed = Example("x", {"token": np.arange(3), "weight": np.array([1, 0, 1], np.float32)})
    (batch,) = chunks(whole([weighed]), 9)
    assert batch["weight"].T.tolist() == [[1, 0, 1]]


def test_a_segment_is_drawn_as_often_as_its_piece_weighs_in_a_stage() -> None:
    pieces = [replace(example(3, f"{n}"), weights=(n / 4, 1.0)) for n in (0, 1, 4, 10)]
    rng = np.random.default_rng(1)
    times = Counter(s.example.name for _ in range(400) for s in drawn(whole(pieces), 0, rng))
    assert "0" not in times
    assert times["4"] == 400
    assert (times["1"] / 400, times["10"] / 400) == pytest.approx((0.25, 2.5), abs=0.05)
    assert [s.example.name for s in drawn(whole(pieces), 1, rng)] == ["0", "1", "4", "10"]


def test_chunks_go_on_where_the_last_one_ended() -> None:
    first, second = chunks(whole([example(5)]), 3)
    assert first["token"][:, 0].tolist() == [0, 1, 2]
    assert second["token"][:, 0].tolist() == [3, 4]
    assert (first["step"].tolist(), second["step"].tolist()) == ([0], [0])
    assert second["what"].tolist() == [3]


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(1, 40),
    st.integers(0, 99),
)
@settings(max_examples=50)
def test_every_step_and_event_is_seen_once(
    lengths: list[int], size: int, length: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    examples = [example(n, str(k), 1000 * k) for k, n in enumerate(lengths)]
    seen: list[int] = []
    events: list[int] = []
    for group in groups(cut(examples, 32, 16, rng), size, rng):
        batches = list(chunks(group, length))
        longest = max(segment.end - segment.begin for segment in group)
        assert len(batches) == -(-longest // length)
        for batch in batches:
            seen += batch["token"][batch["weight"] > 0].tolist()
            events += batch["what"].tolist()
            at = batch["token"][batch["step"], batch["lane"]]
            assert at.tolist() == batch["what"].tolist()
    assert sorted(seen) == [int(t) for e in examples for t in e.steps["token"]]
    assert sorted(events) == [int(t) for e in examples for t in e.events["what"]]


def test_pieces_are_cut_elsewhere_in_each_epoch_on_the_grid() -> None:
    begins = [
        {s.begin for s in cut([example(400)], 64, 16, np.random.default_rng(k))} for k in range(9)
    ]
    assert len(set(map(frozenset, begins))) > 1
    assert all(begin % 16 == 0 for each in begins for begin in each)


def test_little_of_a_batch_is_padding() -> None:
    rng = np.random.default_rng(0)
    examples = [example(int(n)) for n in rng.integers(16, 400, 200)]
    sizes = [b["weight"] for g in groups(whole(examples), 16, rng) for b in chunks(g, 10_000)]
    padding = 1 - sum(float(w.sum()) for w in sizes) / sum(w.numel() for w in sizes)
    assert padding < 0.12
