"""How loud it is: velocity within pieces and voices, over phrases, and at the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from daw_bridge.evaluation.measures.take import PHRASE, Take, by_place, mean, share
from daw_bridge.music.notes import Bar

TOP = 125


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return the figures of velocity."""
    every = [note.velocity for take in takes for bar in take.bars for note in bar.notes]
    spreads = [np.std(each) for take in takes for each in by_voice(take.bars)]
    return {
        "mean_velocity": mean(every),
        "spread_of_velocity": mean(map(float, spreads)),
        "notes_at_the_top": share(velocity >= TOP for velocity in every),
    }


def phrases(takes: Sequence[Take]) -> dict[str, float]:
    """Return how velocity goes through phrases of four bars."""
    return {
        **{
            f"velocity_in_bar_{n}_of_{PHRASE}": mean(v for bar in bars for v in struck_in(bar))
            for n, bars in enumerate(by_place([take.bars for take in takes]), 1)
        },
        "rise_and_fall_in_a_phrase": mean(rise for take in takes for rise in rises(take.bars)),
    }


def rises(bars: Sequence[Bar]) -> Iterator[float]:
    """Yield how much louder the loudest bar of each phrase is than its softest, by their means."""
    for at in range(0, len(bars), PHRASE):
        levels = [mean(found) for bar in bars[at : at + PHRASE] if (found := struck_in(bar))]
        if len(levels) > 1:
            yield max(levels) - min(levels)


def struck_in(bar: Bar) -> list[int]:
    """Return the velocities of the notes that are struck in a bar."""
    return [note.velocity for note in bar.notes if not note.tied]


def by_voice(bars: Sequence[Bar]) -> list[list[int]]:
    """Return the velocities that each voice strikes."""
    voices: dict[int, list[int]] = {}
    for bar in bars:
        for note in bar.notes:
            if not note.tied:
                voices.setdefault(note.voice, []).append(note.velocity)
    return [*voices.values()]
