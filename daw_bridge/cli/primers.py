"""From what a user gives as a primer to bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from daw_bridge.config.drawing import NO_EVENT, NOTE_OFF, PrimerFile
from daw_bridge.encoding.chip_voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks

VELOCITY = 90
_EARLY = Ticks(SIXTEENTH // 2)
CHIP_CHANNELS = {0: PULSE_1, 1: PULSE_2, 2: TRIANGLE, DRUM_CHANNEL: NOISE}
"""The voice of each channel of a file, as a chip is played; other channels are the first voice."""


def bars_of_primer(
    primer: PrimerFile, meter: Meter, *, drums: bool, chip: bool = False
) -> tuple[Bar, ...]:
    """Give the bars of a primer, the last one filled up with silence; none where there is none.

    `drums` says which channel of a MIDI file counts: 10, or all others. With `chip`, drums are for
    the noise, a chord for the other voices from the top, and channels are as a chip is played.

    Raises:
        UserError: the file cannot be read, or holds nothing for such a model.
    """
    if primer.midi:
        return _of_file(Path(primer.midi), drums=drums, voices=CHIP_CHANNELS if chip else {})
    if primer.pitches:
        from_top = sorted(set(primer.pitches), reverse=True)
        lowest = TRIANGLE if chip else 0
        chord = [(0, pitch, PPQ, min(rank, lowest)) for rank, pitch in enumerate(from_top)]
        return _bars(chord, 1, meter)
    if primer.melody:
        return _bars(_melody(primer.melody), len(primer.melody), meter)
    hits = [
        (place * SIXTEENTH, pitch, SIXTEENTH // 2, NOISE if chip else 0)
        for place, pitches in enumerate(primer.drums)
        for pitch in sorted(set(pitches))
    ]
    return _bars(hits, len(primer.drums), meter)


def _melody(events: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Give the notes of a melody as (tick, pitch, length, voice)."""
    changes = [(place, event) for place, event in enumerate(events) if event != NO_EVENT]
    ends = [*(place for place, _ in changes), len(events)][1:]
    return [
        (place * SIXTEENTH, event, (end - place) * SIXTEENTH, 0)
        for (place, event), end in zip(changes, ends, strict=True)
        if event != NOTE_OFF
    ]


def _bars(notes: list[tuple[int, int, int, int]], steps: int, meter: Meter) -> tuple[Bar, ...]:
    length = meter.bar_length()
    if not steps:
        return ()
    bars: list[list[Note]] = [[] for _ in range(-(-max(steps * SIXTEENTH, 1) // length))]
    for tick, pitch, duration, voice in notes:
        begin, end, tied = tick, tick + duration, False
        while begin < end:
            bar, start = divmod(begin, length)
            stop = min(end, (bar + 1) * length)
            if bar == len(bars):
                bars.append([])
            part = Ticks(stop - begin)
            bars[bar].append(Note(Ticks(start), pitch, part, VELOCITY, voice, tied))
            begin, tied = stop, True
    return tuple(Bar.of(inside, meter) for inside in bars)


def _of_file(path: Path, *, drums: bool, voices: Mapping[int, int]) -> tuple[Bar, ...]:
    score = files.read(path)
    channel = score.drum_channel()
    if drums:
        bars = score.bars(channel=channel, early=_EARLY) if channel is not None else ()
    else:
        counts = tuple(n for n in score.notes if n.channel != DRUM_CHANNEL or n.channel in voices)
        score = files.Score(counts, score.tempos, score.meters, score.length)
        bars = score.bars(early=_EARLY, voices=voices)
    if not any(bar.notes for bar in bars):
        what = "drums on channel 10" if drums else "pitched notes"
        raise UserError(f"a primer with {what}", f"none in {path}", "name another file")
    return bars
