"""From what a user gives as a primer to bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from daw_bridge.config.drawing import NO_EVENT, NOTE_OFF, PrimerFile
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks

VELOCITY = 90
_EARLY = Ticks(SIXTEENTH // 2)


def bars_of_primer(primer: PrimerFile, meter: Meter, *, drums: bool) -> tuple[Bar, ...]:
    """Give the bars of a primer, the last one filled up with silence; none where there is none.

    `drums` says which channel of a MIDI file counts: 10, or all others.

    Raises:
        UserError: the file cannot be read, or holds nothing for such a model.
    """
    if primer.midi:
        return _of_file(Path(primer.midi), drums=drums)
    if primer.pitches:
        return _bars([(0, pitch, PPQ) for pitch in sorted(set(primer.pitches))], 1, meter)
    if primer.melody:
        return _bars(_melody(primer.melody), len(primer.melody), meter)
    hits = [
        (place * SIXTEENTH, pitch, SIXTEENTH // 2)
        for place, pitches in enumerate(primer.drums)
        for pitch in sorted(set(pitches))
    ]
    return _bars(hits, len(primer.drums), meter)


def _melody(events: Sequence[int]) -> list[tuple[int, int, int]]:
    """Give the notes of a melody as (tick, pitch, length)."""
    changes = [(place, event) for place, event in enumerate(events) if event != NO_EVENT]
    ends = [*(place for place, _ in changes), len(events)][1:]
    return [
        (place * SIXTEENTH, event, (end - place) * SIXTEENTH)
        for (place, event), end in zip(changes, ends, strict=True)
        if event != NOTE_OFF
    ]


def _bars(notes: list[tuple[int, int, int]], steps: int, meter: Meter) -> tuple[Bar, ...]:
    length = meter.bar_length()
    if not steps:
        return ()
    bars: list[list[Note]] = [[] for _ in range(-(-max(steps * SIXTEENTH, 1) // length))]
    for tick, pitch, duration in notes:
        begin, end, tied = tick, tick + duration, False
        while begin < end:
            bar, start = divmod(begin, length)
            stop = min(end, (bar + 1) * length)
            if bar == len(bars):
                bars.append([])
            bars[bar].append(Note(Ticks(start), pitch, Ticks(stop - begin), VELOCITY, tied=tied))
            begin, tied = stop, True
    return tuple(Bar.of(inside, meter) for inside in bars)


def _of_file(path: Path, *, drums: bool) -> tuple[Bar, ...]:
    score = files.read(path)
    channel = score.drum_channel()
    if drums:
        bars = score.bars(channel=channel, early=_EARLY) if channel is not None else ()
    else:
        pitched = tuple(note for note in score.notes if note.channel != DRUM_CHANNEL)
        bars = files.Score(pitched, score.tempos, score.meters, score.length).bars(early=_EARLY)
    if not any(bar.notes for bar in bars):
        what = "drums on channel 10" if drums else "pitched notes"
        raise UserError(f"a primer with {what}", f"none in {path}", "name another file")
    return bars
