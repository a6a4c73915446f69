"""Whether pitched music is in the key that was told."""

from __future__ import annotations

from collections.abc import Sequence

from daw_bridge.evaluation.bar_table import classes_of, is_drum
from daw_bridge.evaluation.measures.take import Take, ratio, share
from daw_bridge.music.keys import Key, estimate


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return the share of sounding time in the key told, and how often it is the best one."""
    told = [(take.key, sounding(take)) for take in takes if take.key is not None]
    inside = sum(sum(sounds[pitch] for pitch in classes_of(key)) for key, sounds in told)
    return {
        "in_the_key_told": ratio(inside, sum(sum(sounds) for _, sounds in told)),
        **{
            f"best_key_is_the_{scale}_told": share(estimate(sounds) == key for key, sounds in of)
            for scale, of in by_scale(told).items()
        },
    }


def by_scale(told: Sequence[tuple[Key, list[int]]]) -> dict[str, list[tuple[Key, list[int]]]]:
    """Sort what was told by major and minor."""
    return {
        scale: [each for each in told if each[0].scale == scale] for scale in ("major", "minor")
    }


def sounding(take: Take) -> list[int]:
    """Return how many ticks each pitch class sounds [12]; noise has none."""
    out = [0] * 12
    for bar in take.bars:
        for note in bar.notes:
            if not is_drum(note, take.kind):
                out[note.pitch % 12] += note.duration
    return out
