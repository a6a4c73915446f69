"""What a score of the Pently engine says, line by line: songs, and what they play when.

The language is described by its author in the manual of the engine. Read here is what says which
note sounds when: patterns, how they loop, where songs play, move and stop them. Left out are
arpeggios, slides, envelopes, grace notes and the attack track, which colour the start of a note of
another voice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from daw_bridge.corpora.material import Unreadable
from daw_bridge.corpora.readers.pently_words import (
    DRUM,
    NOTE,
    SEMITONES,
    WHOLE,
    Pattern,
    first_pitch,
    length_of,
)
from daw_bridge.corpora.voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.music.time import MOST_BARS, PPQ, USUAL_QPM, Meter

CYMBAL = NOISE + 1
"""Single noise notes sound beside the drums, so they have a track of their own."""

_VOICES = {"pulse1": PULSE_1, "pulse2": PULSE_2, "triangle": TRIANGLE, "drum": NOISE}
_VOICES["noise"] = CYMBAL
_SONG_WORDS = frozenset([
    "at", "play", "stop", "song", "pattern", "mark", "attack", "segno", "fine", "da", "dal",
    "title", "author", "copyright", "tempo", "pickup", "resume", "mute", "solo", "sfx", "drum",
    "instrument", "durations", "notenames", "include", "volume", "timbre", "pitch", "decay", "rate",
    "detached",
])  # fmt: skip
# The kit that scores of the engine's author include from a file of its own.
_INCLUDED_DRUMS = frozenset(
    ["kick", "snare", "clhat", "ohat", "kickohat", "snareohat", "tkick", "tsnare"]
)
_METERS = {"c": Meter(4, 4), "¢": Meter(2, 2), "o": Meter(3, 4)}


@dataclass(slots=True)
class Song:
    """A song: changes of meter and plays at ticks, its end in ticks.

    A play is a tick, a voice, a pattern (or one pitch, or None for silence) and semitones up.
    """

    name: str
    meters: list[tuple[int, Meter]] = field(default_factory=list)
    tempo_qpm: float = USUAL_QPM
    plays: list[tuple[int, int, Pattern | int | None, int]] = field(default_factory=list)
    end: int = 0


_MISTAKES = (KeyError, ValueError, IndexError, ZeroDivisionError, RecursionError)


def read_score(text: str) -> Score:
    """Read a score line by line.

    Raises:
        Unreadable: a song plays a pattern that there is not, or a place in a bar cannot be read.
    """
    score = Score()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith(("#", "//")):
            try:
                score.line(stripped)
            except _MISTAKES as error:
                found = f"line {number}: {stripped[:60]!r} is not understood"
                raise Unreadable(f"no score of Pently ({found})") from error
    return score


class Score:
    """A score followed line by line: its `songs`, and the names of its `drums`."""

    def __init__(self) -> None:
        self.songs: list[Song] = []
        self.drums: set[str] = set()
        self._patterns: dict[str, Pattern] = {}
        self._pattern: Pattern | None = None
        self._song: Song | None = None
        self._falls = False
        self._meter = Meter()
        self._scale = 16
        self._now = 0
        # Bars are counted from an anchor, which a change of meter or a pickup moves.
        self._anchor = (0, 1, 1, 0)

    def line(self, line: str) -> None:
        """Take the next line."""
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        handler = getattr(self, f"_on_{word}", None)
        if handler is not None:
            if word in _SONG_WORDS:
                self._pattern = None if word != "pattern" else self._pattern
            handler(rest)
        elif word not in _SONG_WORDS and self._pattern is not None:
            self._pattern.words += line.split()

    def _on_include(self, _: str) -> None:
        self.drums |= _INCLUDED_DRUMS

    def _on_drum(self, rest: str) -> None:
        self.drums.add(rest.split(maxsplit=1)[0])

    def _on_song(self, rest: str) -> None:
        self._song = Song(rest.split(maxsplit=1)[0])
        self.songs.append(self._song)
        self._meter, self._scale, self._now, self._anchor = Meter(), 16, 0, (0, 1, 1, 0)

    def _on_time(self, rest: str) -> None:
        meter = _meter(rest)
        if self._pattern is not None:
            self._pattern.meter = meter
            return
        self._anchor = (self._now, *self._place_of(self._now))
        self._meter = meter
        if self._song is not None:
            self._song.meters.append((self._now, meter))

    def _on_scale(self, rest: str) -> None:
        if self._pattern is None:
            self._scale = int(rest)

    def _on_tempo(self, rest: str) -> None:
        if self._song is not None and not self._song.plays:
            beat, _, tempo = rest.rpartition("=")
            ticks = self._beat()
            if note := NOTE.fullmatch(f"r{beat}"):  # 4.=171.8 names the note that is counted
                ticks = int((length_of(note) or Fraction(ticks, WHOLE)) * WHOLE)
            self._song.tempo_qpm = float(tempo) * ticks / PPQ

    def _on_pickup(self, rest: str) -> None:
        if self._pattern is None:
            self._anchor = (self._now, *_numbers(rest))

    def _on_at(self, rest: str) -> None:
        place, _, command = rest.partition(" ")
        self._now = max(self._now, self._tick_of(*_numbers(place)))
        if self._now > MOST_BARS * WHOLE:
            raise ValueError(place)
        if command.strip():
            self.line(command.strip())

    def _on_pattern(self, rest: str) -> None:
        words = rest.split()
        pattern = Pattern(words[0], self._meter, _after(words, "on") or "")
        if self._falls and self._pattern is not None:
            self._pattern.next = pattern
        self._falls = False
        self._pattern = pattern
        scope = self._song.name if self._song is not None else ""
        self._patterns[f"{scope}::{pattern.name}"] = pattern

    def _on_fallthrough(self, _: str) -> None:
        self._falls = True

    def _on_play(self, rest: str) -> None:
        words = rest.split()
        name, song = words[0], self._song
        if song is None:
            raise ValueError(name)
        pattern = self._patterns.get(f"{song.name}::{name}") or self._patterns.get(f"::{name}")
        pattern = pattern or self._patterns.get(name)
        on = _after(words, "on") or (pattern.instrument_track if pattern else "pulse2") or "pulse2"
        if pattern is not None and self._is_drums(pattern):
            on = "drum"
        if on == "attack":
            return
        up = int(_after(words, "up") or 0) - int(_after(words, "down") or 0)
        if pattern is None and not (name.isdigit() or NOTE.fullmatch(name)):
            raise KeyError(name)
        what: Pattern | int = pattern or (49 if on == "noise" else first_pitch(name))
        song.plays.append((self._now, _VOICES[on], what, up))

    def _on_stop(self, rest: str) -> None:
        if self._song is not None:
            for track in rest.split():
                if track in _VOICES:
                    self._song.plays.append((self._now, _VOICES[track], None, 0))

    def _on_attack(self, _: str) -> None:
        """Change the channel of the attack track, which is left out."""

    _on_mark = _on_sfx = _on_instrument = _on_attack

    def _end_song(self, _: str) -> None:
        if self._song is not None:
            self._song.end = self._now
        self._song = None

    _on_fine = _on_da = _on_dal = _end_song

    def _beat(self) -> int:
        compound = self._meter.numerator % 3 == 0 and self._meter.numerator > 3
        return WHOLE // self._meter.denominator * (3 if compound else 1)

    def _tick_of(self, measure: int, beat: int, row: int) -> int:
        tick, from_measure, from_beat, from_row = self._anchor
        measures = (measure - from_measure) * self._meter.bar_length()
        rows = (row - from_row) * WHOLE // self._scale
        return tick + measures + (beat - from_beat) * self._beat() + rows

    def _place_of(self, tick: int) -> tuple[int, int, int]:
        start, measure, beat, row = self._anchor
        measures, rest = divmod(tick - start, self._meter.bar_length())
        return measure + measures, beat + rest // self._beat(), row

    def _is_drums(self, pattern: Pattern) -> bool:
        for word in pattern.words:
            drum = DRUM.fullmatch(word)
            if drum and drum["name"] in self.drums:
                return True
            note = NOTE.fullmatch(word)
            if note and note["name"] in SEMITONES:
                return False
        return False


def _meter(text: str) -> Meter:
    if text in _METERS:
        return _METERS[text]
    if text.endswith("."):  # so many dotted notes: 3/4. is 9/8
        meter = Meter.parse(text[:-1])
        return Meter(3 * meter.numerator, 2 * meter.denominator)
    return Meter.parse(text)


def _after(words: list[str], word: str) -> str | None:
    return words[words.index(word) + 1] if word in words else None


def _numbers(place: str) -> tuple[int, int, int]:
    measure, beat, row = (*map(int, place.split(":")), *(1, 0)[place.count(":") :])[:3]
    return measure, beat, row
