"""Excerpts that begin in the middle of a beat."""

from __future__ import annotations

import pytest

pytest.importorskip("symusic", reason="needs the train extra")

from daw_bridge.corpora.groove import ENTRY_BARS, N_ENTRIES, Take, entries
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks


def take(name: str, n_bars: int, *, fill: bool = False) -> Take:
    bars = tuple(Bar.of([Note(Ticks(i), 36, Ticks(60), 100)]) for i in range(n_bars))
    return Take(name, "train", "drummer1", "funk", 100.0, fill, Meter(), bars)


def test_excerpts_are_bars_in_a_row_of_beats_that_are_long_enough_and_never_begin_them() -> None:
    long = take("beat", 40)
    found = entries([long, take("short", 2 * ENTRY_BARS - 1), take("fill", 40, fill=True)], seed=1)
    assert len(found) == N_ENTRIES
    for excerpt in found:
        first = long.bars.index(excerpt.bars[0])
        assert first > 0
        assert excerpt.bars == long.bars[first : first + ENTRY_BARS]
        assert excerpt.name == f"beat from bar {first + 1}"


def test_a_seed_always_gives_the_same_excerpts() -> None:
    takes = [take("beat", 40), take("other", 25)]
    assert entries(takes, seed=3) == entries(takes, seed=3)
    assert entries(takes, seed=3) != entries(takes, seed=4)
