"""MIDI files: a performance to a file, a file to notes and bars."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, whole
from daw_bridge.midi import reading, smf
from daw_bridge.midi.messages import DRUM_CHANNEL, rank_of
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import MOST_BARS, PPQ, Meter, Ticks

if TYPE_CHECKING:
    from daw_bridge.midi.columns import Part

Result = TypeVar("Result")

ENDINGS = (".mid", ".midi", ".kar", ".smf", ".rmi")
"""How the name of a MIDI file ends, in any letter case; the last one is in a RIFF."""

LARGEST_BYTES = 4 << 20
"""Far above any song; what is larger is no music, and would fill the memory with events."""

LONGEST = MOST_BARS * Meter().bar_length()
"""In ticks; what is longer would fill the memory with bars."""

MOST_TIES = 1_000_000
"""Notes held over bar lines; a hostile file of a few thousand bytes could ask for billions."""

START = Ticks(0)
NO_VOICES: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class FileNote:
    """A note of a file; `start` is from the file's start; `channel` is 0..15."""

    start: Ticks
    pitch: int
    duration: Ticks
    velocity: int
    channel: int
    track: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """What a file says, at 480 ticks per quarter note.

    `tempos` and `meters` begin at tick 0, in order, with what the format has where the file says
    none, as `says_tempo` and `says_meter` tell; `length` is where the last track ends.
    `damage` tells what was left out or found to be otherwise than the file's header has it,
    `mended` what was mended or assumed, a sentence each.
    """

    notes: tuple[FileNote, ...]
    tempos: tuple[tuple[Ticks, float], ...]
    meters: tuple[tuple[Ticks, Meter], ...]
    length: Ticks
    name: str = ""
    damage: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    says_tempo: bool = True
    says_meter: bool = True

    @property
    def remarks(self) -> tuple[str, ...]:
        """All that is to be said of the file."""
        return self.damage + self.mended

    def bar_lines(self) -> list[tuple[Ticks, Meter]]:
        """Return where each bar begins, and its meter, up to the end of the file.

        A change of meter inside a bar begins a new one there.

        Raises:
            UserError: there are more than `MOST_BARS` bars.
        """
        lines: list[tuple[Ticks, Meter]] = []
        ends = [tick for tick, _ in self.meters[1:]] + [max(self.length, Ticks(1))]
        for (begin, meter), end in zip(self.meters, ends, strict=True):
            if begin >= self.length and lines:
                break
            starts = range(begin, min(end, max(self.length, 1)), meter.bar_length())
            if len(lines) + len(starts) > MOST_BARS:
                raise UserError(
                    f"at most {MOST_BARS} bars", "a longer file", "cut it, or mend its delta times"
                )
            lines += [(Ticks(start), meter) for start in starts]
        return lines

    def bars(
        self,
        *,
        channel: int | None = None,
        early: Ticks = START,
        voices: Mapping[int, int] = NO_VOICES,
    ) -> tuple[Bar, ...]:
        """Return the notes of a channel (of all, where it is None) bar by bar.

        `voices` says which voice a channel is; the others are voice 0.

        A note that starts less than `early` ticks before a bar line belongs to the bar that it
        announces and has a negative start there. A note held over a bar line by as much or more
        goes on as a tied one; drums are struck and not held, so theirs end there.
        """
        lines = self.bar_lines()
        starts = [start for start, _ in lines]
        starts.append(Ticks(starts[-1] + lines[-1][1].bar_length()))
        held: list[list[Note]] = [[] for _ in starts]  # the last is for what announces it
        ties = 0
        for note in self.notes:
            if channel is not None and note.channel != channel:
                continue
            i = min(bisect_right(starts, note.start), len(lines)) - 1
            if starts[i + 1] - note.start < early:
                i += 1
            voice = voices.get(note.channel, 0)
            for j, part in enumerate(_parts(note, starts, i, early, voice), i):
                held[j].append(part)
                ties += part.tied
            if ties > MOST_TIES:
                raise UserError("notes that end", "endless ones", "mend the file's note-offs")
        meters = [meter for _, meter in lines] + ([lines[-1][1]] if held[-1] else [])
        return tuple(Bar.of(notes, meter) for notes, meter in zip(held, meters, strict=False))

    def drum_channel(self) -> int | None:
        """Return the channel that holds the drums: 10 (9 here), else the only one; else None."""
        channels = {note.channel for note in self.notes}
        if DRUM_CHANNEL in channels:
            return DRUM_CHANNEL
        return channels.pop() if len(channels) == 1 else None


def _parts(
    note: FileNote, starts: list[Ticks], first: int, early: Ticks, voice: int
) -> Iterator[Note]:
    """Cut a note of the bar `first` at the bar lines that it is held over."""
    end = note.start + note.duration
    for i in range(first, len(starts)):
        begin = 0 if i > first else note.start - starts[i]
        stop = min(end, starts[i + 1]) if i + 1 < len(starts) else end
        duration = Ticks(max(stop - starts[i] - begin, 1))
        yield Note(Ticks(begin), note.pitch, duration, note.velocity, voice, tied=i > first)
        if end - stop < max(early, 1) or note.channel == DRUM_CHANNEL:
            return


def write(
    path: Path,
    events: Iterable[tuple[Ticks, bytes]],
    *,
    tempo_qpm: float | None = None,
    meter: Meter | None = None,
    name: str,
    length: Ticks = START,
) -> None:
    """Write a performance at 480 ticks per quarter note, whole or not at all.

    Events may come in any order; at one tick, note-offs go before note-ons. One channel gives a
    file of format 0; several give format 1, a track each. Ticks below 0 (a hit that rushes the
    first downbeat) become 0. Tempo and meter stand at the start where they are given; changes of
    them are among the events, as `smf` makes them. The tracks end at `length` or at the last event,
    whichever is later, so that whole bars loop. Same events, same bytes.

    Raises:
        UserError: the file cannot be written.
    """
    timed = sorted(
        ((max(tick, 0), rank_of(data), data) for tick, data in events), key=lambda each: each[:2]
    )
    end = max([length, *(tick for tick, _, _ in timed[-1:])])
    head = [(0, smf.meta(smf.TRACK_NAME, name.encode("utf-8", "replace")))]
    head += [(0, smf.tempo(tempo_qpm))] if tempo_qpm is not None else []
    head += [(0, smf.meter(meter.numerator, meter.denominator))] if meter is not None else []
    tail = [(end, smf.meta(smf.END_OF_TRACK, b""))]
    parts: dict[int, list[tuple[int, bytes]]] = {}
    for tick, _, data in timed:
        part = head if data[0] == smf.META else parts.setdefault(data[0] & 0x0F, [])
        part.append((tick, data))
    if len(parts) > 1:
        tracks = [[*head, *tail], *([*parts[channel], *tail] for channel in sorted(parts))]
    else:
        # What changes at a tick stands before what sounds from there on.
        both = [*head, *(event for part in parts.values() for event in part)]
        tracks = [[*sorted(both, key=lambda each: each[0]), *tail]]
    write_bytes(path, smf.pack(tracks, PPQ))


def write_bytes(path: Path, raw: bytes) -> None:
    """Write the bytes of a MIDI file, in a RIFF if the path ends in .rmi, whole or not at all.

    Raises:
        UserError: the file cannot be written.
    """
    with whole(path) as temporary:
        temporary.write_bytes(smf.in_riff(raw) if path.suffix.lower() == ".rmi" else raw)


def read(path: Path) -> Score:
    """Read a MIDI file: what is there, whatever its header says of it.

    What was left out or mended is told in `remarks`: events that cannot be read, no tempo (120 is
    assumed), notes of length 0 (1 tick), notes never ended (they end with their track). No meter
    means 4/4, as the format has it. `pairing.ends_of` says which note-off ends which note.

    Raises:
        UserError: the file cannot be read, or is none.
    """
    return _read(path, parse)


def unpack(path: Path) -> smf.Smf:
    """Read the events of a MIDI file as they are.

    Raises:
        UserError: the file cannot be read, or is none.
    """
    return _read(path, reading.unpack)


def _read(path: Path, understood: Callable[[bytes], Result]) -> Result:
    try:
        return understood(read_bounded(path, LARGEST_BYTES, "a MIDI file"))
    except smf.SmfError as error:
        raise UserError(error.expected, f"{error.found} ({path})", error.do) from error


def parse(raw: bytes) -> Score:
    """Read the bytes of a MIDI file; see `read`.

    Raises:
        SmfError: the bytes are no MIDI file.
    """
    # Numpy is imported where a file is read: whoever only writes starts without it.
    from daw_bridge.midi.columns import columns_of  # noqa: PLC0415

    columns = columns_of(raw)
    file = columns.at_480()
    return Score(
        tuple(sorted(note for i, part in enumerate(file.parts) for note in _notes(part, i))),
        tuple((Ticks(tick), tempo) for tick, tempo in file.tempos),
        tuple((Ticks(tick), meter) for tick, meter in file.meters),
        Ticks(file.length),
        file.parts[0].name,
        file.damage,
        file.mended,
        bool(columns.tempos),
        bool(columns.meters),
    )


def _notes(part: Part, track: int) -> Iterator[FileNote]:
    columns = part.start, part.pitch, part.end - part.start, part.velocity, part.channel
    for start, pitch, duration, velocity, channel in zip(
        *(c.tolist() for c in columns), strict=True
    ):
        yield FileNote(Ticks(start), pitch, Ticks(duration), velocity, channel, track)
