"""A project of LMMS 1.2 with the notes of a MIDI file: a score to bytes of XML, and no program."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pydantic import Field

from daw_bridge.midi import smf
from daw_bridge.midi.files import FileNote, Score
from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import PPQ, Seconds, Ticks
from daw_bridge.render.tracks import Track

TICKS_A_BAR, TICKS_A_QUARTER = 192, 48
OURS = PPQ // TICKS_A_QUARTER
"""Ticks of ours in one of LMMS's."""

LOWEST_BPM, HIGHEST_BPM = 10, 999

FINE_BPM = 960
"""The tempo at which a tick is 1.3 ms, so that no note is set more than 0.65 ms off its place."""

OCTAVE_OFF = 12
"""LMMS counts keys an octave lower: its 57 is A4 of 440 Hz, our 69."""

Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]

TickOf = Callable[[Ticks], int]


class MmpTrack(Track):
    """A track of LMMS: `instrument` is the name of its plugin, `settings` are its attributes.

    Both are as LMMS writes them, in its presets for example.
    """

    instrument: Word
    settings: dict[Word, int | float | str] = Field(default={})


def project(
    score: Score, tracks: Iterable[tuple[MmpTrack, frozenset[int]]], tail_s: float = 0.0
) -> bytes:
    """Write a project that plays a score: tempo, meter, tracks with their channels, and a tail.

    LMMS knows whole tempos and 48 ticks a quarter. Where the file has one such tempo and its notes
    lie on those ticks, the project has them as they are. Else its tempo is `FINE_BPM`, and notes
    lie at their seconds: then it sounds right, and its bar lines mean nothing.
    """
    bpm, tick_of = _grid(score)
    clock = TempoMap(score.tempos)
    end = tick_of(clock.tick_at(Seconds(clock.seconds_at(score.length) + tail_s)))
    meter = score.meters[0][1]
    # "1.2.2": a project without the marks of an older LMMS is not changed when it is read.
    root = Element("lmms-project", version="1.0", creator="LMMS", creatorversion="1.2.2")
    root.set("type", "song")
    head = {"timesig_numerator": meter.numerator, "timesig_denominator": meter.denominator}
    _add(root, "head", **head, bpm=bpm, mastervol=100, masterpitch=0)
    container = _add(_add(root, "song"), "trackcontainer", type="song")
    for track, channels in tracks:
        made = _track(container, track)
        notes = [note for note in score.notes if note.channel in channels]
        pattern = _pattern(made, track.name, 0)
        for note in notes:
            _note(pattern, note, track, tick_of)
        # The song ends with its last pattern: one without notes holds the tail.
        _pattern(made, "", max(end - TICKS_A_BAR, 0))
    indent(root)
    text: bytes = tostring(root, "utf-8")
    return b'<?xml version="1.0"?>\n<!DOCTYPE lmms-project>\n' + text


def _grid(score: Score) -> tuple[int, TickOf]:
    """Choose the project's tempo, and what makes its ticks of ours."""
    (_, tempo), *changes = score.tempos
    bpm = min(max(round(tempo), LOWEST_BPM), HIGHEST_BPM)
    is_whole = smf.tempo(bpm) == smf.tempo(tempo)  # as far as a file can say it
    if is_whole and not changes and not any(note.start % OURS for note in score.notes):
        return bpm, lambda tick: round(tick / OURS)
    seconds_at = TempoMap(score.tempos).seconds_at
    per_second = FINE_BPM * TICKS_A_QUARTER / 60
    return FINE_BPM, lambda tick: round(seconds_at(tick) * per_second)


def _track(container: Element, track: MmpTrack) -> Element:
    made = _add(container, "track", type=0, muted=0, solo=0, name=track.name)
    pitch = {"pitch": 0, "pitchrange": 1, "usemasterpitch": 0, "basenote": 69 - OCTAVE_OFF}
    sound = _add(made, "instrumenttrack", vol=min(100 * track.factor, 200), pan=0, fxch=0, **pitch)
    plugin = _add(sound, "instrument", name=track.instrument)
    _add(plugin, track.instrument, **track.settings)
    _add(sound, "eldata", fcut=14000, fres=0.5, ftype=0, fwet=0)
    for name in ("chordcreator", "arpeggiator", "midiport"):
        _add(sound, name)
    _add(sound, "fxchain", numofeffects=0, enabled=0)
    return made


def _pattern(track: Element, name: str, tick: int) -> Element:
    return _add(track, "pattern", type=1, muted=0, pos=tick, name=name, steps=16)


def _note(pattern: Element, note: FileNote, track: MmpTrack, tick_of: TickOf) -> None:
    """Add a note; its volume in LMMS is in percent, 100 for a velocity of 127."""
    start = tick_of(note.start)
    length = max(tick_of(Ticks(note.start + note.duration)) - start, 1)
    key = max(track.keys.get(note.pitch, note.pitch) - OCTAVE_OFF, 0)
    volume = round(note.velocity / 127 * 100)  # whole: it reads any other as 0
    _add(pattern, "note", key=key, vol=volume, pan=0, pos=start, len=length)


def _add(parent: Element, tag: str, **attributes: float | str) -> Element:
    return SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})
