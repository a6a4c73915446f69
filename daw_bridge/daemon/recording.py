"""What was heard of a jam, as a MIDI file: passages of whole bars, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from pathlib import Path

from daw_bridge.jam.events import Began, Event, Placed, Sounded, Tempo
from daw_bridge.midi import files, smf
from daw_bridge.music.time import Meter, Ticks

Line = tuple[Ticks, bytes]
"""An event of a take: a message that sounded, a tempo, the meter of a bar at its bar line, or a
marker where a passage begins."""

METER, MARKER = (bytes((smf.META, kind)) for kind in (smf.METER, smf.MARKER))
"""How their messages begin."""


def line_of(event: Event) -> Line | None:
    """Return what a take holds of an event; None where that is nothing."""
    match event:
        case Sounded(tick, _, data):
            return tick, data
        case Placed(tick=tick, bar=bar):
            return tick, smf.meter(bar.meter.numerator, bar.meter.denominator)
        case Tempo(tick, tempo_qpm):
            return tick, smf.tempo(tempo_qpm)
        case Began(tick, song_bar):
            return tick, smf.meta(smf.MARKER, f"bar {song_bar + 1}".encode())
    return None


class Take:
    """What sounds, and where passages, bars and tempos begin, in the order in which it is told."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def __call__(self, event: Event) -> None:
        """Take down an event."""
        if line := line_of(event):
            self.lines.append(line)


def write_take(lines: Iterable[Line], path: Path, name: str, *, whole: bool = True) -> None:
    """Write what was played as a MIDI file of whole bars.

    Where the DAW was started or has jumped a passage begins: on the next bar line of the file, with
    a marker that says the bar of the song; what began inside a bar is as far inside one here. Of a
    jam that is `whole` the last passage has all its bars, else those up to the last one that
    sounded.

    Raises:
        UserError: it cannot be written.
    """
    placed, length = _one_after_another(_passages(lines, whole=whole))
    length = length or Meter().bar_length()
    files.write(path, _changes(placed, length), name=name, length=length)


def _passages(lines: Iterable[Line], *, whole: bool) -> Iterator[list[Line]]:
    """Part a take where the DAW was started or has jumped, without the bars that did not begin."""
    passage: list[Line] = []
    for tick, data in lines:
        if data[:2] == MARKER:
            yield _begun(passage, tick)
            passage = []
        passage.append((tick, data))
    yield _begun(passage, inf if whole else _last_heard(passage))


def _begun(passage: Iterable[Line], until: float) -> list[Line]:
    return [(tick, data) for tick, data in passage if data[:2] != METER or tick < until]


def _last_heard(passage: Iterable[Line]) -> Ticks:
    """Return the last tick at which something sounded, at least one in the first bar."""
    first = min((tick for tick, data in passage if data[:2] == METER), default=Ticks(0))
    return max((tick for tick, data in passage if data[0] != smf.META), default=Ticks(first + 1))


def _one_after_another(passages: Iterable[list[Line]]) -> tuple[list[Line], Ticks]:
    """Put each passage on a bar line after the one before it; return the end of the last bar."""
    placed: list[Line] = []
    end = Ticks(0)
    for passage in passages:
        bars = [(tick, Meter(data[3], 1 << data[4])) for tick, data in passage if data[:2] == METER]
        if not bars:  # nothing came of it but, maybe, another tempo
            placed += ((end, data) for _, data in passage)
            continue
        start, shift, begin = end, end - bars[0][0], passage[0][0]
        for tick, data in passage:
            # What a passage that begins inside a bar begins with is in force from the bar line on.
            at_once = data[0] == smf.META and tick <= begin
            placed.append((start if at_once else Ticks(max(tick + shift, start)), data))
        line, meter = bars[-1]
        end = Ticks(line + shift + meter.bar_length())
    return placed, end


def _changes(lines: Sequence[Line], length: Ticks) -> Iterator[Line]:
    """Leave out tempos and meters that are as before, or come after the end."""
    last = {(tick, data[:2]): data for tick, data in lines if data[0] == smf.META}
    known: dict[bytes, bytes] = {}
    for (tick, kind), data in sorted(last.items(), key=lambda each: each[0][0]):
        if tick < length and (kind == MARKER or known.get(kind) != data):
            known[kind] = data
            yield tick, data
    yield from ((tick, data) for tick, data in lines if data[0] != smf.META)
