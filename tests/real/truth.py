"""Where real masters truly are, from what they send or move, as frames of the JACK server."""

from __future__ import annotations

from itertools import pairwise

from tests.clock_master import CLOCKS, RATE, TICKS_A_CLOCK, Stretch

CLOCK_FRAMES = 1000
"""From clock to clock at 120."""


def stretches_of_ardours_clock(events: list[tuple[int, bytes]]) -> list[Stretch]:
    """Read where Ardour is at its clocks, which its song position counts; a lost one is put in."""
    found: list[Stretch] = []
    clock = 0
    way: list[float] = []
    for frame, data in [*events, (0, b"\xfc")]:
        if data == b"\xf8":
            lost = round((frame - way[-1]) / CLOCK_FRAMES) - 1 if way else 0
            way += [way[-1] + CLOCK_FRAMES * (number + 1) for number in range(lost)]
            way.append(float(frame))
        elif data[0] == 0xF2:
            clock = data[1] | data[2] << 7
        elif data == b"\xfa":
            clock = 0
        elif data == b"\xfc":
            if len(way) > 1:
                found.append(Stretch(tuple(way), clock * TICKS_A_CLOCK))
            way = []
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
