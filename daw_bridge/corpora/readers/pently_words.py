"""The words of a pattern of Pently: notes, rests, drums, lengths, octaves and slurs."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field
from fractions import Fraction

from daw_bridge.music.time import PPQ, Meter

WHOLE = 4 * PPQ
"""Ticks of a whole note."""

_LETTERS = "cdefgab"
SEMITONES = dict(zip(_LETTERS, (0, 2, 4, 5, 7, 9, 11), strict=True))
_ACCIDENTALS = {"": 0, "#": 1, "+": 1, "s": 1, "is": 1, "b": -1, "-": -1, "es": -1, "x": 2, "##": 2}
_ACCIDENTALS |= {"++": 2, "isis": 2, "bb": -2, "--": -2, "eses": -2}
NOTE = re.compile(
    r"(?P<up>[<>]*)(?P<name>[a-hrwpql])(?P<accidental>isis|eses|is|es|##|\+\+|bb|--|[#+sbx-]|)"
    r"(?P<octave>[',]*)(?P<length>\d*)(?P<dots>\.*)(?P<grace>g?)(?::[^~()]*)?(?P<slur>[~()]*)"
)
DRUM = re.compile(r"(?P<name>\w*[A-Za-z_])(?P<length>\d*)(?P<dots>\.*)(?P<grace>g?)")
_HITS = (("snare", 38), ("kick", 36), ("crash", 49), ("ohat", 46), ("hat", 42), ("stick", 38))
_OCTAVE_BELOW_MIDDLE_C = 48

Sound = tuple[int, int, int]
"""Start and length in ticks from the start of a pattern, and a pitch or a canonical drum."""


@dataclass(slots=True)
class Pattern:
    """The sounds of a pattern and its length in ticks, before it loops."""

    name: str
    meter: Meter
    instrument_track: str = ""
    words: list[str] = field(default_factory=list)
    next: Pattern | None = None


class Words:
    """The words of one pattern, read one by one."""

    def __init__(self, pattern: Pattern, drums: Set[str]) -> None:
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
        """Return the sounds of the pattern, and its length in ticks."""
        for word in self._words:
            if word in ("absolute", "relative", "orelative"):
                self._mode = word
            elif word in ("time", "scale", "="):
                next(self._words, None)
            elif re.fullmatch(r"o\d", word):
                self._last = (12 * (int(word[1]) + 1), self._last[1])
            elif (drum := DRUM.fullmatch(word)) and drum["name"] in self._drums:
                self._take(drum, _canonical(drum["name"]), slur="")
            elif note := NOTE.fullmatch(word):
                self._take_note(note)
        return self._sounds, int(self._now * WHOLE)

    def _take_note(self, note: re.Match[str]) -> None:
        if note["name"] == "l":
            self._length = length_of(note) or self._length
        elif note["name"] in "wrpq":
            self._take(note, None, slur=note["slur"])
        else:
            self._take(note, self._pitch(note), slur=note["slur"])

    def _take(self, word: re.Match[str], pitch: int | None, *, slur: str) -> None:
        if word["grace"]:
            return
        self._length = length_of(word) or self._length
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
        return octave + SEMITONES[name] + _ACCIDENTALS[note["accidental"]]


def length_of(word: re.Match[str]) -> Fraction | None:
    """Return the length that a word states, of a whole note; None: it states none."""
    if not word["length"]:
        return None
    length = Fraction(1, int(word["length"]))
    return length * (2 - Fraction(1, 2 ** len(word["dots"])))


def _canonical(name: str) -> int:
    return next((pitch for part, pitch in _HITS if part in name.lower()), 42)


def first_pitch(word: str) -> int:
    """Return the pitch that a word names, counted from the octave below middle C.

    Raises:
        ValueError: it names none.
    """
    note = NOTE.fullmatch(word)
    if note is None or note["name"] not in SEMITONES:
        raise ValueError(word)
    shift = note["octave"].count("'") - note["octave"].count(",")
    accidental = _ACCIDENTALS[note["accidental"]]
    return _OCTAVE_BELOW_MIDDLE_C + 12 * shift + SEMITONES[note["name"]] + accidental
