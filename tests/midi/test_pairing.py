"""Which event ends a note: the small cases literally, all others as a slow reader does it."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.midi.pairing import ends_of

ON, OFF = True, False
HATS = [(0, ON), *((t, on) for t in range(240, 1920, 240) for on in (ON, OFF)), (1920, OFF)]


def lengths(*events: tuple[int, bool]) -> list[int | None]:
    """Give the length of each note of one key, None where nothing ends it."""
    ends = ends_of([tick for tick, _ in events], [0] * len(events), [on for _, on in events])
    return [
        None if end < 0 else events[end][0] - tick
        for (tick, on), end in zip(events, ends.tolist(), strict=True)
        if on
    ]


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([], []),
        ([(0, ON), (240, OFF)], [240]),
        ([(0, ON)], [None]),
        ([(0, OFF), (5, OFF)], []),
        # eight closed hats, each written before the end of the one before it
        (HATS, [240] * 8),
        # the same where the gates are a little longer than the steps, as drum modules send them
        ([(0, ON), (240, ON), (250, OFF), (480, ON), (490, OFF), (730, OFF)], [240, 240, 250]),
        # the last one is never ended
        ([(0, ON), (240, ON), (240, OFF), (480, ON), (480, OFF)], [240, 240, None]),
        # struck again: the note-off of the first one is used up
        ([(0, ON), (240, ON), (480, OFF), (720, OFF)], [240, 480]),
        # struck again, and one note-off for both
        ([(0, ON), (240, ON), (480, OFF)], [240, 240]),
        # one note-off is missing: what follows keeps its own
        ([(0, ON), (9, ON), (12, OFF), (20, ON), (24, OFF), (30, ON), (35, OFF)], [9, 3, 4, 5]),
        # no note-offs at all
        ([(0, ON), (100, ON), (300, ON)], [100, 200, None]),
        # layered tracks
        ([(0, ON), (0, ON), (240, OFF), (240, OFF)], [240, 240]),
        ([(0, ON), (0, ON), (240, OFF), (480, OFF)], [240, 480]),
        ([(0, ON), (0, ON), (240, ON), (240, ON), *[(240, OFF)] * 2, *[(480, OFF)] * 2], [240] * 4),
        ([(0, ON), (0, ON), (240, OFF)], [240, 240]),
        ([(0, ON), (0, ON), (0, ON), (9, OFF), (12, OFF), (20, ON)], [12, 9, 12, None]),
        # notes of no length
        ([(0, ON), (0, OFF), (240, ON), (240, OFF)], [0, 0]),
        ([(0, ON), (0, ON), (0, OFF), (0, OFF)], [0, 0]),
        ([(0, ON), (240, ON), (240, OFF), (240, OFF)], [240, 0]),
        # in order at one tick
        ([(0, ON), (240, OFF), (240, ON), (480, OFF)], [240, 240]),
        # an end of nothing, before and behind
        ([(0, OFF), (0, ON), (5, OFF), (9, OFF), (10, ON), (12, OFF)], [5, 2]),
    ],
)  # fmt: skip
def test_notes_end_where_they_should(events, wanted):
    assert lengths(*events) == wanted


def test_keys_do_not_touch_each_other():
    ticks, keys = [0, 0, 5, 7, 7, 9], [36, 38, 38, 36, 38, 38]
    assert ends_of(ticks, keys, [ON, ON, OFF, OFF, ON, OFF]).tolist() == [3, 2, -1, -1, 5, -1]


def slowly(ticks: list[int], keys: list[int], starts: list[bool]) -> list[int]:
    """Find ends as the docstring has it, event by event."""
    ends = [-1] * len(ticks)
    by_key: dict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        by_key[key].append(place)
    for places in by_key.values():
        queue = written_in_order(ticks, places, starts)
        own = with_note_offs(queue, starts)
        for place in (p for p in places if starts[p]):
            twins = [p for p in queue if starts[p] and ticks[p] == ticks[place]]
            again = [p for p in places if starts[p] and ticks[p] > ticks[place]]
            ends[place] = own.get(place, own.get(twins[-1], -1))
            if again and (ends[place] < 0 or ticks[ends[place]] > ticks[again[0]]):
                ends[place] = again[0]
    return ends


def written_in_order(ticks: list[int], places: list[int], starts: list[bool]) -> list[int]:
    out: list[int] = []
    sounding = 0
    for tick in sorted({ticks[p] for p in places}):
        here = [p for p in places if ticks[p] == tick]
        early = [p for p in here if not starts[p]][:sounding]
        for p in [*early, *(p for p in here if p not in early)]:
            sounding = sounding + 1 if starts[p] else max(sounding - 1, 0)
            out.append(p)
    return out


def with_note_offs(queue: list[int], starts: list[bool]) -> dict[int, int]:
    spare, begun = 0, set()
    for place in reversed(queue):
        if not starts[place]:
            spare += 1
        elif spare:
            spare -= 1
            begun.add(place)
    own: dict[int, int] = {}
    waiting: list[int] = []
    for place in queue:
        if place in begun:
            waiting.append(place)
        elif not starts[place] and waiting:
            own[waiting.pop(0)] = place
    return own


events = st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans())


@settings(max_examples=1000)
@given(st.lists(events, max_size=30))
def test_all_else_is_paired_as_a_slow_reader_does_it(found):
    ticks = [sum(gap for gap, _, _ in found[: i + 1]) for i in range(len(found))]
    keys, starts = [key for _, key, _ in found], [on for _, _, on in found]
    ends = ends_of(ticks, keys, starts).tolist()
    assert ends == slowly(ticks, keys, starts)
    assert all(end < 0 or ticks[end] >= tick for tick, end in zip(ticks, ends, strict=True))
    used = Counter(end for end in ends if end >= 0 and not starts[end])
    for end, count in used.items():
        assert count == 1 or len({ticks[i] for i, e in enumerate(ends) if e == end}) == 1
