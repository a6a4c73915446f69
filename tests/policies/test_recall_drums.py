"""What is observed of drums in play, step by step, is what is observed of the whole piece."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from daw_bridge.encoding.drum_classes import N_CLASSES, classes_of
from daw_bridge.encoding.drum_grid import N_OFFSETS, N_VELOCITIES
from daw_bridge.music.time import SIXTEENTH, Meter
from daw_bridge.policies.observe_drums import (
    DENSE_FORM,
    HitsSoFar,
    Observation,
    Steps,
    observe,
    observe_hits,
)
from daw_bridge.policies.observe_place import place_rows
from daw_bridge.policies.recall_drums import Hit, Memory, feel, first_hits, look, look_at_hit

Played = list[tuple[int, tuple[Hit, ...]]]


def played(n: int, seed: int) -> Played:
    """Draw words that come again, some of them with hits that do, and with flams."""
    rng = np.random.default_rng(seed)
    kinds: Played = []
    for word in (0, 0, 64, 256, 320, 192, 511):
        drums = sorted([*classes_of(word), *classes_of(word & int(rng.integers(512)))])
        bins = rng.integers((N_OFFSETS, N_VELOCITIES), size=(len(drums), 2)).tolist()
        kinds.append((word, tuple((d, o, v) for d, (o, v) in zip(drums, bins, strict=True))))
    return [kinds[int(k)] for k in rng.integers(0, len(kinds), n)]


def steps_of(piece: Played) -> Steps:
    heard = [first_hits(hits) for _, hits in piece]
    velocity, offset = (np.array([each[k] for each in heard], np.float32) for k in (0, 1))
    return Steps(np.array([word for word, _ in piece]), velocity, offset)


def places_of(n_steps: int) -> NDArray[np.float32]:
    return place_rows(Meter(n_steps, 16), SIXTEENTH)


def assert_same(memory: Memory, place: int, n_steps: int, whole: Observation, at: int) -> None:
    sight = look(memory, places_of(n_steps)[place], n_steps)
    whole = whole._replace(dense=whole.dense[:, : DENSE_FORM.start])
    for ours, theirs in zip(sight[:4], whole[:4], strict=True):
        np.testing.assert_allclose(ours, theirs[at], rtol=1e-6)
    felt = feel(memory, sight.seen, n_steps)
    np.testing.assert_allclose(felt.T, whole.feel[at], rtol=1e-6)


@given(st.integers(1, 24), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_every_step_of_a_piece(n_steps: int, seed: int) -> None:
    piece = played(40 * n_steps + 100, seed)
    numbers = np.arange(len(piece))
    places = places_of(n_steps)[numbers % n_steps]
    whole = observe(steps_of(piece), numbers, places, np.full(len(piece), n_steps))
    memory = Memory.of_nothing().reaching(n_steps)
    for at, (word, hits) in enumerate(piece):
        assert_same(memory, at % n_steps, n_steps, whole, at)
        memory = memory.after(word, hits)


@pytest.mark.parametrize("meters", [(16, 12, 16), (10, 20, 10), (16, 28, 16)])
def test_bars_of_other_lengths(meters: tuple[int, ...]) -> None:
    lengths = [n for n in meters for _ in range(12)]
    piece = played(sum(lengths), 1)
    bars = [n for n in lengths for _ in range(n)]
    places = [place for n in lengths for place in range(n)]
    rows = np.concatenate([places_of(n) for n in lengths])
    whole = observe(steps_of(piece), np.arange(len(piece)), rows, np.array(bars))
    memory = Memory.of_nothing()
    for at, (word, hits) in enumerate(piece):
        memory = memory.reaching(bars[at])
        assert_same(memory, places[at], bars[at], whole, at)
        memory = memory.after(word, hits)


def test_every_hit_of_a_step() -> None:
    word, drums = 0b110000011, (0, 0, 0, 1, 7, 7, 8)
    rng = np.random.default_rng(2)
    hits = [(drum, *rng.integers(0, 31, 2).tolist()) for drum in drums]
    felt = rng.normal(size=(24, N_CLASSES)).astype(np.float32)
    for k, (drum, _, _) in enumerate(hits):
        velocity, offset, _ = first_hits(hits[:k])
        same = [hit for hit in hits[:k] if hit[0] == drum]
        last = [0.0] * 4
        if same:
            alone = first_hits(same[-1:])
            last = [1.0, alone[0][drum], alone[1][drum], float(len(same) > 1)]
        rows = (np.array([each], np.float32) for each in (velocity, offset, last))
        so_far = HitsSoFar(np.array([word]), np.array([drum]), *rows)
        expected = observe_hits(so_far, felt[:, drum][None])[0]
        assert np.array_equal(look_at_hit(word, drum, hits[:k], felt), expected)


def test_a_memory_is_left_as_it_was() -> None:
    memories = [Memory.of_nothing()]
    for word, hits in played(60, 3):
        memories.append(memories[-1].after(word, hits))
    for (before, after), (word, hits) in zip(pairwise(memories), played(60, 3), strict=True):
        again = before.after(word, hits)
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(again, after, strict=True))
