"""Music that a user gives to begin with: heard, kept, or gone on sounding while more is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.plan import fitted
from daw_bridge.jam.shadow import Harmony
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, TempoChanges, Ticks

NO_EVENT, NOTE_OFF = -2, -1
"""What a melody has where nothing begins, and where a note ends."""

VELOCITY = 90

Bars = tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Primer:
    """The bars of a primer and what is done with them.

    `condition`: the source has heard them before its first bar. `inject`: each is heard with a bar
    that is made, which has all its notes. The source itself sees to both. `keep`: they are in what
    comes out. What is played of them or with them keeps their meters and, where the primer has one,
    their tempo: the first one, and the changes within each bar.
    """

    bars: Bars = ()
    condition: bool = True
    inject: bool = False
    keep: bool = False
    tempo_qpm: float | None = None
    tempos: tuple[TempoChanges, ...] = ()

    @property
    def bars_before(self) -> int:
        """Count the bars that come out before those that are made."""
        return len(self.bars) if self.keep and not self.inject else 0


NO_PRIMER = Primer()


class PrimedBars:
    """Bars that go on from a primer that is kept, or around one that is injected.

    What a player plays is a primer as well: heard, or injected into the bar that is to have it.
    `held` makes of a bar of others what the source can hear, None where that is nothing, `played`
    does so of a player's, and `shaped` has the last word on what was made. In a meter in which the
    source has no bars, such as a DAW may be in, those of `meter` are cut off or begun once more,
    and so is what is heard. `harmony` makes chords under what he plays, where the policy can.
    """

    def __init__(
        self,
        source: BarSource,
        primer: Primer,
        held: Callable[[Bar], Bar | None] = lambda bar: bar,
        *,
        played: Callable[[Bar], Bar] = lambda bar: bar,
        shaped: Callable[[Bar, Ask], Bar] = lambda bar, _: bar,
        harmony: Callable[[], Harmony] | None = None,
        meter: Meter = Meter(),
    ) -> None:
        self.source = source
        self._primer = primer
        self._held, self._played, self._shaped = held, played, shaped
        self.harmony = harmony
        self._meter = meter

    def __copy__(self) -> PrimedBars:
        """Return bars that go on from here."""
        return PrimedBars(
            copy(self.source),
            self._primer,
            self._held,
            played=self._played,
            shaped=self._shaped,
            harmony=self.harmony,
            meter=self._meter,
        )

    @property
    def drawn_again(self) -> int:
        """Count how often the source drew a bar once more; one that never does counts nothing."""
        return getattr(self.source, "drawn_again", 0)

    def bar(self, ask: Ask) -> Bar:
        """Return a bar of the primer that is kept and comes first, then those of the source."""
        primer = self._primer
        number = ask.number - primer.bars_before
        if number < 0:
            return primer.bars[ask.number]
        if ask.meter != self._meter and self._held(Bar(meter=ask.meter)) is None:
            return self._fitted(ask)
        heard = ask.heard if ask.heard is None or ask.ours else self._played(ask.heard)
        if ask.hears:
            self.source.bar(replace(ask, number=number, heard=heard if primer.condition else None))
            return heard or Bar(meter=ask.meter)
        if number < len(primer.bars):
            heard = primer.bars[number]
        if not primer.inject or heard is None:
            return self._shaped(self.source.bar(replace(ask, number=number, heard=None)), ask)
        bar = self.source.bar(replace(ask, number=number, meter=heard.meter, heard=heard))
        bar = replace(bar, meter=heard.meter)  # tokens may not say whether it is 3/4 or 6/8
        return self._shaped(bar if primer.keep else without(bar, heard.notes), ask)

    def _fitted(self, ask: Ask) -> Bar:
        """Return a bar in a meter in which the source has none."""
        heard = None if ask.heard is None else fitted(ask.heard, self._meter)
        bar = self.bar(replace(ask, meter=self._meter, heard=heard))
        return fitted((ask.heard or bar) if ask.hears else bar, ask.meter)

    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one."""
        number -= self._primer.bars_before
        if number >= 0:
            self.source.hear(number, None if bar is None else self._held(bar))


def harmony_of(source: BarSource) -> Callable[[], Harmony] | None:
    """Return what makes chords as a source would, where it can."""
    return source.harmony if isinstance(source, PrimedBars) else None


def without(bar: Bar, notes: Sequence[Note]) -> Bar:
    """Leave notes out of a bar: those of one pitch and voice that sound at the same time."""

    def is_one_of_them(note: Note) -> bool:
        return any(
            (note.pitch, note.voice) == (other.pitch, other.voice)
            and note.start < other.start + other.duration
            and other.start < note.start + note.duration
            for other in notes
        )

    return Bar(tuple(note for note in bar.notes if not is_one_of_them(note)), bar.meter)


def of_chord(pitches: Iterable[int], meter: Meter, voices: int = 1) -> Bars:
    """Return a bar that begins with a chord, a quarter long.

    The highest notes are for the first of the `voices`, one each; the last has all that are left.
    """
    from_top = sorted(set(pitches), reverse=True)
    return _bars(
        [(0, pitch, PPQ, min(voice, voices - 1)) for voice, pitch in enumerate(from_top)], 1, meter
    )


def parted(bars: Bars, voices: int) -> Bars:
    """Give each note of chords a voice: the lowest of a chord the last, the others from the top.

    What sounds alone is of the first voice.
    """

    def voice_of(note: Note, others: Sequence[Note]) -> int:
        chord = {n.pitch for n in others if n.start <= note.start < n.start + n.duration}
        above = sum(pitch > note.pitch for pitch in chord)
        lowest = len(chord) > 1 and note.pitch == min(chord)
        return voices - 1 if lowest else min(above, max(voices - 2, 0))

    return tuple(
        Bar.of((replace(n, voice=voice_of(n, bar.notes)) for n in bar.notes), bar.meter)
        for bar in bars
    )


def of_melody(events: Sequence[int], meter: Meter) -> Bars:
    """Return the bars of a melody: of each 16th a pitch, `NO_EVENT` or `NOTE_OFF`."""
    changes = [(place, event) for place, event in enumerate(events) if event != NO_EVENT]
    ends = [*(place for place, _ in changes), len(events)][1:]
    notes = [
        (place * SIXTEENTH, event, (end - place) * SIXTEENTH, 0)
        for (place, event), end in zip(changes, ends, strict=True)
        if event != NOTE_OFF
    ]
    return _bars(notes, len(events), meter)


def of_drums(steps: Sequence[Iterable[int]], meter: Meter, voice: int = 0) -> Bars:
    """Return the bars of a beat: of each 16th the drums that are struck."""
    hits = [
        (place * SIXTEENTH, pitch, SIXTEENTH // 2, voice)
        for place, pitches in enumerate(steps)
        for pitch in sorted(set(pitches))
    ]
    return _bars(hits, len(steps), meter)


def _bars(notes: Iterable[tuple[int, int, int, int]], steps: int, meter: Meter) -> Bars:
    """Put notes (tick, pitch, length, voice) into as many bars as the 16ths take up, or more."""
    length = meter.bar_length()
    bars: list[list[Note]] = [[] for _ in range(-(-steps * SIXTEENTH // length))]
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
