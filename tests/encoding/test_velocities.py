"""A bar on the grid of a codec is as loud as it was played."""

from __future__ import annotations

from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.velocities import as_played
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks


def note(start: int, pitch: int, velocity: int, voice: int = 0, *, tied: bool = False) -> Note:
    return Note(Ticks(start), pitch, Ticks(240), velocity, voice, tied)


def test_notes_are_those_of_the_codec_and_velocities_those_that_were_played() -> None:
    bar = Bar.of([note(0, 60, 11), note(7, 110, 22, 1), note(470, 64, 33), note(0, 50, 9, 2)])
    near = as_played(ChoirVoices(), bar)
    assert {(n.start, n.voice, n.pitch, n.velocity) for n in near.notes} == {
        (0, 0, 60, 11),
        (0, 1, 98, 22),
        (480, 0, 64, 33),
        (0, 2, 50, 9),
    }


def test_of_a_chord_it_is_the_note_that_is_left() -> None:
    bar = Bar.of([note(0, 60, 11), note(0, 67, 22), note(0, 64, 33)])
    assert [(n.pitch, n.velocity) for n in as_played(Line(), bar).notes] == [(67, 22)]


def test_a_voice_that_the_codec_does_not_have_counts_as_it_does_there() -> None:
    (only,) = as_played(Line(), Bar.of([note(0, 60, 11, 3)])).notes
    assert only.velocity == 11


def test_an_empty_bar_stays_empty() -> None:
    assert as_played(Line(), Bar()) == Bar()
