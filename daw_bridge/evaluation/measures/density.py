"""Where in the bar notes are struck, and how many at most, under a limit and without."""

from __future__ import annotations

from collections.abc import Sequence

from daw_bridge.music.notes import Bar


def by_quarter(bars: Sequence[Bar]) -> list[float]:
    """Return the share of struck notes in each quarter of the bar [4]."""
    counts = [0] * 4
    for bar in bars:
        for note in bar.notes:
            if not note.tied:
                counts[min(max(4 * note.start // bar.meter.bar_length(), 0), 3)] += 1
    return [count / max(sum(counts), 1) for count in counts]


def most(bars: Sequence[Bar]) -> int:
    """Return the most notes struck in a bar."""
    return max((sum(not note.tied for note in bar.notes) for bar in bars), default=0)


def figures(limited: Sequence[Bar], free: Sequence[Bar], limit: int) -> dict[str, float]:
    """Return the shares by quarter at a limit, how far they are off, and whether it is kept."""
    shares, others = by_quarter(limited), by_quarter(free)
    off = max(abs(one - other) for one, other in zip(shares, others, strict=True))
    return {
        "density_limit": limit,
        **{f"density_quarter_{n}": at for n, at in enumerate(shares, 1)},
        "density_most_off_the_free_bar": off,
        "density_most_in_a_bar": most(limited),
    }
