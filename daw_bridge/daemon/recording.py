"""What was heard of a jam, as a MIDI file of whole bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from pathlib import Path

from daw_bridge.jam.events import Event, Placed, Sounded, Tempo
from daw_bridge.midi import files, smf
from daw_bridge.music.time import Meter, Ticks

Line = tuple[Ticks, bytes]
"""An event of a take: a message that sounded, a tempo, or at its bar line the meter of a bar and,
where a DAW is followed, a marker that says the bar of its song."""

_METER, _TEMPO, _MARKER = (bytes((smf.META, kind)) for kind in (smf.METER, smf.TEMPO, smf.MARKER))
_SONG_BAR = b"bar "


def lines_of(event: Event) -> list[Line]:
    """Return what a take holds of an event."""
    match event:
        case Sounded(tick, _, data):
            return [(tick, data)]
        case Placed(tick=tick, bar=bar, song_bar=song_bar):
            meter = tick, smf.meter(bar.meter.numerator, bar.meter.denominator)
            if song_bar is None:
                return [meter]
            return [meter, (tick, smf.meta(smf.MARKER, _SONG_BAR + b"%d" % (song_bar + 1)))]
        case Tempo(tick, tempo_qpm):
            return [(tick, smf.tempo(tempo_qpm))]
    return []


def sounds(lines: Iterable[Line]) -> bool:
    """Whether a take has anything to be heard."""
    return any(data[0] != smf.META for _, data in lines)


class Take:
    """What sounds, and where bars and tempos begin, in the order in which it is told."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def __call__(self, event: Event) -> None:
        """Take down an event."""
        self.lines += lines_of(event)


def write_take(lines: Iterable[Line], path: Path, name: str, *, whole: bool = True) -> None:
    """Write what was played as a MIDI file of whole bars.

    Of a jam that is `whole` these are all its bars, else those up to the last one that sounded.
    Where a DAW was started or has jumped, its bar lines are bar lines of the file all the same, and
    a marker there says the bar of the song.

    Raises:
        UserError: it cannot be written.
    """
    lines = list(_begun(list(lines)))
    last = max((tick for tick, data in lines if data[0] != smf.META), default=Ticks(0))
    bars = [(tick, Meter(data[3], 1 << data[4])) for tick, data in lines if data[:2] == _METER]
    begun = [each for each in bars if whole or each[0] < max(last, 1)] or [(Ticks(0), Meter())]
    line, meter = begun[-1]
    length = Ticks(line + meter.bar_length())
    files.write(path, _changes(lines, length), name=name, length=length)


def _begun(lines: Sequence[Line]) -> Iterator[Line]:
    """Leave out bars that were placed and did not begin: the DAW was elsewhere before."""
    kept: list[Line] = []
    first: float = inf
    for tick, data in reversed(lines):
        if data[:2] not in (_METER, _MARKER) or tick < first:
            kept.append((tick, data))
            first = tick if data[:2] == _METER else first
    return reversed(kept)


def _changes(lines: Iterable[Line], length: Ticks) -> Iterator[Line]:
    """Leave out tempos, meters and bars of the song that go on as before, or come after the end.

    The first tempo is in force from the start: what begins inside a bar has none before.
    """
    known: dict[bytes, bytes] = {}
    for tick, data in lines:
        kind = data[:2]
        if data[0] != smf.META:
            yield tick, data
        elif tick < length:
            if known.get(kind) != data:
                yield tick if kind in known or kind != _TEMPO else Ticks(0), data
            known[kind] = _next_bar(data) if kind == _MARKER else data


def _next_bar(marker: bytes) -> bytes:
    """Return the marker of the bar that comes next in the song."""
    number = int(marker[3 + len(_SONG_BAR) :]) + 1
    return smf.meta(smf.MARKER, _SONG_BAR + b"%d" % number)
