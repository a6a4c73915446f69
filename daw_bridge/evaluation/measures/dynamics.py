"""How loud it is: how velocity varies within a piece and voice, and how often it is at the top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daw_bridge.evaluation.measures.take import Take, mean, share
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


def by_voice(bars: Sequence[Bar]) -> list[list[int]]:
    """Return the velocities that each voice strikes."""
    voices: dict[int, list[int]] = {}
    for bar in bars:
        for note in bar.notes:
            if not note.tied:
                voices.setdefault(note.voice, []).append(note.velocity)
    return [*voices.values()]
