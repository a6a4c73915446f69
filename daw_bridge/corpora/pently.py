"""Read songs of the Pently engine: music for the NES's four voices, written as text.

The language is described by its author in the manual of the engine. Read here is what says which
note sounds when: patterns, how they loop, where songs play, move and stop them. Left out are
arpeggios, slides, envelopes, grace notes and the attack track, which colour the start of a note of
another voice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from daw_bridge.corpora.pieces import Events
from daw_bridge.corpora.voices import NOISE, PULSE_1, PULSE_2, TRIANGLE, Track
from daw_bridge.music.time import MOST_BARS, PPQ, Meter

WHOLE = 4 * PPQ
# Single noise notes sound beside the drums, so they have a track of their own.
_CYMBAL = NOISE + 1
_VOICES = {"pulse1": PULSE_1, "pulse2": PULSE_2, "triangle": TRIANGLE, "drum": NOISE}
_VOICES["noise"] = _CYMBAL
_LETTERS = "cdefgab"
_SEMITONES = dict(zip(_LETTERS, (0, 2, 4, 5, 7, 9, 11), strict=True))
_ACCIDENTALS = {"": 0, "#": 1, "+": 1, "s": 1, "is": 1, "b": -1, "-": -1, "es": -1, "x": 2, "##": 2}
_ACCIDENTALS |= {"++": 2, "isis": 2, "bb": -2, "--": -2, "eses": -2}
_NOTE = re.compile(
    r"(?P<up>[<>]*)(?P<name>[a-hrwpql])(?P<accidental>isis|eses|is|es|##|\+\+|bb|--|[#+sbx-]|)"
    r"(?P<octave>[',]*)(?P<length>\d*)(?P<dots>\.*)(?P<grace>g?)(?::[^~()]*)?(?P<slur>[~()]*)"
)
_DRUM = re.compile(r"(?P<name>\w*[A-Za-z_])(?P<length>\d*)(?P<dots>\.*)(?P<grace>g?)")
_SONG_WORDS = frozenset(
    [
        "at",
        "play",
        "stop",
        "song",
        "pattern",
        "mark",
        "attack",
        "segno",
        "fine",
        "da",
        "dal",
        "title",
        "author",
        "copyright",
        "tempo",
        "pickup",
        "resume",
        "mute",
        "solo",
        "sfx",
        "drum",
        "instrument",
        "durations",
        "notenames",
        "include",
        "volume",
        "timbre",
        "pitch",
        "decay",
        "rate",
        "detached",
    ]
)
# The kit that scores of the engine's author include from a file of its own.
_INCLUDED_DRUMS = frozenset(
    ["kick", "snare", "clhat", "ohat", "kickohat", "snareohat", "tkick", "tsnare"]
)
_METERS = {"c": Meter(4, 4), "¢": Meter(2, 2), "o": Meter(3, 4)}
_HITS = (("snare", 38), ("kick", 36), ("crash", 49), ("ohat", 46), ("hat", 42), ("stick", 38))
_OCTAVE_BELOW_MIDDLE_C = 48

Sound = tuple[int, int, int]
"""Start and length in ticks from the start of a pattern, and a pitch or a canonical drum."""


class PentlyError(Exception):
    """Say which line of a score is not understood."""


@dataclass(slots=True)
class Pattern:
    """Hold the sounds of a pattern and its length in ticks, before it loops."""

    name: str
    meter: Meter
    instrument_track: str = ""
    words: list[str] = field(default_factory=list)
    next: Pattern | None = None


@dataclass(slots=True)
class Song:
    """Hold a song: changes of meter and plays at ticks, its end in ticks.

    A play is a tick, a voice, a pattern (or one pitch, or None for silence) and semitones up.
    """

    name: str
    title: str = ""
    author: str = ""
    meters: list[tuple[int, Meter]] = field(default_factory=list)
    tempo_qpm: float = 120.0
    plays: list[tuple[int, int, Pattern | int | None, int]] = field(default_factory=list)
    end: int = 0


_MISTAKES = (KeyError, ValueError, IndexError, ZeroDivisionError, RecursionError)


def read(text: str) -> list[tuple[Song, list[Track]]]:
    """Read every song of a score, with a track for each of its voices.

    Raises:
        PentlyError: a song plays a pattern that there is not, or a place in a bar cannot be read.
    """
    score = _Score()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith(("#", "//")):
            try:
                score.line(stripped)
            except _MISTAKES as error:
                raise PentlyError(f"line {number}: {stripped[:60]!r} is not understood") from error
    return [(song, score.tracks(song)) for song in score.songs if song.plays]


class _Score:
    """Follow a score line by line."""

    def __init__(self) -> None:
        self.songs: list[Song] = []
        self._drums: set[str] = set()
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
        self._drums |= _INCLUDED_DRUMS

    def _on_drum(self, rest: str) -> None:
        self._drums.add(rest.split(maxsplit=1)[0])

    def _on_song(self, rest: str) -> None:
        self._song = Song(rest.split(maxsplit=1)[0])
        self.songs.append(self._song)
        self._meter, self._scale, self._now, self._anchor = Meter(), 16, 0, (0, 1, 1, 0)

    def _on_title(self, rest: str) -> None:
        if self._song is not None:
            self._song.title = rest

    def _on_author(self, rest: str) -> None:
        if self._song is not None:
            self._song.author = rest

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
            if note := _NOTE.fullmatch(f"r{beat}"):  # 4.=171.8 names the note that is counted
                ticks = int((_length(note) or Fraction(ticks, WHOLE)) * WHOLE)
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
        if pattern is None and not (name.isdigit() or _NOTE.fullmatch(name)):
            raise KeyError(name)
        what: Pattern | int = pattern or (49 if on == "noise" else _first_pitch(name))
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
            drum = _DRUM.fullmatch(word)
            if drum and drum["name"] in self._drums:
                return True
            note = _NOTE.fullmatch(word)
            if note and note["name"] in _SEMITONES:
                return False
        return False

    def tracks(self, song: Song) -> list[Track]:
        """Play a song through once."""
        tracks = []
        for voice in (PULSE_1, PULSE_2, TRIANGLE, NOISE, _CYMBAL):
            plays = [play for play in song.plays if play[1] == voice]
            ends = [*(play[0] for play in plays[1:]), song.end]
            rows = []
            for (start, _, what, up), end in zip(plays, ends, strict=False):
                # The triangle sounds an octave below what is written.
                shift = 0 if voice >= NOISE else up - (12 if voice == TRIANGLE else 0)
                rows += [
                    (onset, pitch + shift, length, 100)
                    for onset, length, pitch in _looped(self._sounds(what), start, end)
                    if 0 <= pitch + shift <= 127
                ]
            columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
            known = min(voice, NOISE)
            tracks.append(Track(song.name, known == NOISE, Events.of(*columns, known), known))
        return tracks

    def _sounds(self, what: Pattern | int | None) -> tuple[list[Sound], int]:
        if what is None:
            return [], WHOLE
        if isinstance(what, int):
            return [(0, PPQ, what)], 1 << 30
        sounds: list[Sound] = []
        length = 0
        pattern: Pattern | None = what
        while pattern is not None:
            part, part_length = _Words(pattern, self._drums).read()
            sounds += [(start + length, span, pitch) for start, span, pitch in part]
            length += part_length
            pattern = pattern.next
        return sounds, length


class _Words:
    """Read the words of one pattern."""

    def __init__(self, pattern: Pattern, drums: set[str]) -> None:
        self._words = iter(pattern.words)
        self._drums = drums
        compound = pattern.meter.numerator % 3 == 0 and pattern.meter.numerator > 3
        beat = Fraction(3 if compound else 1, pattern.meter.denominator)
        self._length = beat
        self._mode = "absolute"
        self._last = (_OCTAVE_BELOW_MIDDLE_C, "f")
        self._sounds: list[Sound] = []
        self._now = Fraction(0)
        self._slurred = self._slurring = self._sounding = False

    def read(self) -> tuple[list[Sound], int]:
        for word in self._words:
            if word in ("absolute", "relative", "orelative"):
                self._mode = word
            elif word in ("time", "scale", "="):
                next(self._words, None)
            elif re.fullmatch(r"o\d", word):
                self._last = (12 * (int(word[1]) + 1), self._last[1])
            elif (drum := _DRUM.fullmatch(word)) and drum["name"] in self._drums:
                self._take(drum, _canonical(drum["name"]), slur="")
            elif note := _NOTE.fullmatch(word):
                self._take_note(note)
        return self._sounds, int(self._now * WHOLE)

    def _take_note(self, note: re.Match[str]) -> None:
        if note["name"] == "l":
            self._length = _length(note) or self._length
        elif note["name"] in "wrpq":
            self._take(note, None, slur=note["slur"])
        else:
            self._take(note, self._pitch(note), slur=note["slur"])

    def _take(self, word: re.Match[str], pitch: int | None, *, slur: str) -> None:
        if word["grace"]:
            return
        self._length = _length(word) or self._length
        start, end = int(self._now * WHOLE), int((self._now + self._length) * WHOLE)
        last = self._sounds[-1] if self._sounds and self._sounding else None
        holds = word.groupdict()["name"] == "w" or (
            self._slurred and last is not None and last[2] == pitch
        )
        if holds and last is not None:
            self._sounds[-1] = (last[0], end - last[0], last[2])
        elif pitch is not None:
            self._sounds.append((start, end - start, pitch))
        self._sounding = pitch is not None or (holds and self._sounding)
        self._slurring = (self._slurring or "(" in slur) and ")" not in slur
        self._slurred = self._slurring or "~" in slur
        self._now += self._length

    def _pitch(self, note: re.Match[str]) -> int:
        name = "b" if note["name"] == "h" else note["name"]
        octave, previous = self._last
        if self._mode == "absolute":
            octave = _OCTAVE_BELOW_MIDDLE_C
        elif self._mode == "relative":
            steps = _LETTERS.index(name) - _LETTERS.index(previous)
            octave += 12 if steps < -3 else -12 if steps > 3 else 0
        shift = note["octave"].count("'") - note["octave"].count(",")
        octave += 12 * (shift + note["up"].count(">") - note["up"].count("<"))
        if self._mode != "absolute":
            self._last = (octave, name)
        return octave + _SEMITONES[name] + _ACCIDENTALS[note["accidental"]]


def _looped(sounds: tuple[list[Sound], int], start: int, end: int) -> Iterator[Sound]:
    """Repeat a pattern from `start` until `end`; its last sound is cut there."""
    pattern, length = sounds
    at = start
    while pattern and length > 0 and at < end:
        for onset, span, pitch in pattern:
            if at + onset < end:
                yield at + onset, min(span, end - at - onset), pitch
        at += length


def _meter(text: str) -> Meter:
    if text in _METERS:
        return _METERS[text]
    if text.endswith("."):  # so many dotted notes: 3/4. is 9/8
        meter = Meter.parse(text[:-1])
        return Meter(3 * meter.numerator, 2 * meter.denominator)
    return Meter.parse(text)


def _length(word: re.Match[str]) -> Fraction | None:
    if not word["length"]:
        return None
    length = Fraction(1, int(word["length"]))
    return length * (2 - Fraction(1, 2 ** len(word["dots"])))


def _canonical(name: str) -> int:
    return next((pitch for part, pitch in _HITS if part in name.lower()), 42)


def _first_pitch(word: str) -> int:
    note = _NOTE.fullmatch(word)
    if note is None or note["name"] not in _SEMITONES:
        raise ValueError(word)
    shift = note["octave"].count("'") - note["octave"].count(",")
    accidental = _ACCIDENTALS[note["accidental"]]
    return _OCTAVE_BELOW_MIDDLE_C + 12 * shift + _SEMITONES[note["name"]] + accidental


def _after(words: list[str], word: str) -> str | None:
    return words[words.index(word) + 1] if word in words else None


def _numbers(place: str) -> tuple[int, int, int]:
    measure, beat, row = (*map(int, place.split(":")), *(1, 0)[place.count(":") :])[:3]
    return measure, beat, row
