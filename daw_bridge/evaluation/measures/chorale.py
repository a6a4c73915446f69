"""Chorales: voices that move on their own, chords that change, leading tones, cadences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, groupby, pairwise
from operator import itemgetter

from daw_bridge.encoding.parallels import PERFECT
from daw_bridge.evaluation.measures.take import (
    PHRASE,
    Take,
    by_place,
    mean,
    ratio,
    share,
    timed,
)
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, SIXTEENTH

Chord = tuple[int, ...]
"""The pitches that sound in a 16th, from the lowest."""


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return the figures of chorales; bars count by their place in phrases of four."""
    every = [chords(take.bars) for take in takes]
    changes = [pair for each in every for pair in four_part_changes(each)]
    led = [to for take, each in zip(takes, every, strict=True) for to in resolutions(take, each)]
    held = sum(held_steps(take, each) for take, each in zip(takes, every, strict=True))
    places = by_place([[holds_a_half(bar) for bar in take.bars] for take in takes])
    cadence = [share(place) for place in places]
    return {
        "parallel_fifths_and_octaves": share(is_parallel(*pair) for pair in changes),
        "time_in_chords_of_a_bar_or_more": ratio(held, sum(map(len, every))),
        "leading_tone_to_the_tonic": share(led),
        "cadence_every_two_bars": ratio(mean(cadence[1::2]), mean(cadence[::2])),
        **{f"held_half_notes_in_bar_{n}_of_{PHRASE}": at for n, at in enumerate(cadence, 1)},
    }


def chords(bars: Sequence[Bar]) -> list[Chord]:
    """Return what sounds in each 16th of some bars."""
    steps: list[set[int]] = [set() for bar in bars for _ in range(bar.meter.steps())]
    for tick, note in timed(bars):
        first, end = round(tick / SIXTEENTH), round((tick + note.duration) / SIXTEENTH)
        for step in steps[first:end]:
            step.add(note.pitch)
    return [tuple(sorted(step)) for step in steps]


def four_part_changes(every: Sequence[Chord]) -> Iterator[tuple[Chord, Chord]]:
    """Return the changes from a chord of four pitches to the next one."""
    for before, after in pairwise(every):
        if before != after and len(before) == len(after) == 4:
            yield before, after


def is_parallel(before: Chord, after: Chord) -> bool:
    """Whether two voices move the same way from a fifth or an octave to another."""
    return any(
        (before[b] - before[a]) % 12 in PERFECT
        and (after[b] - after[a]) % 12 == (before[b] - before[a]) % 12
        and (after[a] - before[a]) * (after[b] - before[b]) > 0
        for a, b in combinations(range(len(before)), 2)
    )


def held_steps(take: Take, every: Sequence[Chord]) -> int:
    """Count the 16ths within chords that do not change for a bar or more."""
    bar = take.bars[0].meter.steps()
    runs = [(chord, len(list(run))) for chord, run in groupby(every)]
    return sum(length for chord, length in runs if chord and length >= bar)


def resolutions(take: Take, every: Sequence[Chord]) -> Iterator[bool]:
    """Tell of each leading tone of the upper voice on a beat that moves on whether to the tonic."""
    if take.key is None:
        return
    leading = (take.key.tonic - 1) % 12
    beat = 4 * PPQ // take.bars[0].meter.denominator // SIXTEENTH
    top = [chord[-1] if chord else -1 for chord in every]
    runs = [[*run] for _, run in groupby(enumerate(top), itemgetter(1))]
    for run, after in pairwise(runs):
        pitch, to = run[0][1], after[0][1]
        on_a_beat = any(step % beat == 0 for step, _ in run)
        if pitch >= 0 and pitch % 12 == leading and on_a_beat and to >= 0:
            yield to == pitch + 1


def holds_a_half(bar: Bar) -> bool:
    """Whether a chord of a bar is held for a half note or more."""
    return any(chord and len(list(run)) >= 8 for chord, run in groupby(chords([bar])))
