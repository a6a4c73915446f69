"""Where real masters truly are, from what they send or move, as frames of the JACK server."""

from __future__ import annotations

from itertools import pairwise

from tests.clock_master import CLOCKS, RATE, TICKS_A_CLOCK, Stretch


def stretches_of_ardours_clock(events: list[tuple[int, bytes]]) -> list[Stretch]:
    """Read where Ardour is: its clocks are even, and its song position counts them."""
    found: list[Stretch] = []
    clock, first, count, end = 0, 0, 0, 0
    for frame, data in [*events, (0, b"\xfc")]:
        if data == b"\xf8":
            first, end = (frame, frame) if not count else (first, frame)
            count += 1
        elif data[0] == 0xF2:
            clock = data[1] | data[2] << 7
        elif data == b"\xfa":
            clock = 0
        elif data == b"\xfc" and count > 1:
            way = range(first, end + 1, 1000)
            found.append(Stretch(tuple(map(float, way)), clock * TICKS_A_CLOCK))
            count = 0
    return found


def stretches_of_transport(
    moves: list[tuple[int, int | None]], end: int, tempo_qpm: float
) -> list[Stretch]:
    """Read the ways of JACK's transport at one tempo, from clock to clock."""
    period = 60 * RATE / (tempo_qpm * CLOCKS)
    found = []
    for (frame, place), (until, _) in pairwise([*moves, (end, None)]):
        if place is None:
            continue
        clock = -(-place // period)
        first = frame + clock * period - place
        count = int((until - first) // period)
        if count > 1:
            way = tuple(first + period * number for number in range(count + 1))
            found.append(Stretch(way, int(clock) * TICKS_A_CLOCK))
    return found
