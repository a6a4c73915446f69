"""Four voices of a chip: each moves as a voice does, with the bass, over the noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daw_bridge.corpora.voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.evaluation.measures.take import Take, intervals, share, struck
from daw_bridge.music.notes import Bar

_VOICES = {"pulse_1": PULSE_1, "pulse_2": PULSE_2, "triangle": TRIANGLE}
_CONSONANT = (0, 3, 4, 7, 8, 9)
"""Unison, thirds, fifth and sixths, in semitones within an octave."""


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return the figures of a chip."""
    found = [with_bass for take in takes for with_bass in consonances(take.bars)]
    with_drums = [bar for take in takes if take.drums for bar in take.bars]
    return {
        **{f"steps_over_an_octave_{name}": wide_steps(takes, of) for name, of in _VOICES.items()},
        "consonant_with_the_bass": share(found),
        "bars_in_which_noise_plays": share(
            any(note.voice == NOISE for note in bar.notes) for bar in with_drums
        ),
    }


def wide_steps(takes: Sequence[Take], voice: int) -> float:
    """Return the share of intervals of a voice that are over an octave."""
    return share(abs(step) > 12 for take in takes for step in intervals(struck(take.bars, voice)))


def consonances(bars: Sequence[Bar]) -> Iterator[bool]:
    """Tell of each onset of a pulse over a sounding triangle whether it is consonant with it."""
    for bar in bars:
        bass = [note for note in bar.notes if note.voice == TRIANGLE]
        for note in bar.notes:
            if note.voice in (PULSE_1, PULSE_2) and not note.tied:
                for low in bass:
                    if low.start <= note.start < low.start + low.duration:
                        yield (note.pitch - low.pitch) % 12 in _CONSONANT
