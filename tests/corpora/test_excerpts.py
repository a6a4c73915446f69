"""Excerpts are of one length, meter and key; those that mostly rest are left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from daw_bridge.corpora.excerpts import excerpts, moved
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from tests.corpora.tunes import tune

QUARTER = Meter(1, 4)


def pitches(found: list[list]) -> list[list[int]]:  # type: ignore[type-arg]
    return [[note.pitch for bar in bars for note in bar.notes] for bars in found]


def test_pieces_are_cut_and_moved() -> None:
    songs = [
        tune("a", [62, 64, 66, 67, 69], key="D major"),
        tune("b", [57, 60, 57, 60], key="A minor"),
        tune("c", [67, 66, 67], key="G major"),
    ]
    assert pitches(excerpts(songs, 2, QUARTER, Key(0))) == [[60, 62], [64, 65], [72, 71]]
    assert pitches(excerpts(songs[:1], 2, QUARTER)) == [[62, 64], [66, 67]]
    assert excerpts(songs, 2, Meter()) == []
    assert excerpts([replace(songs[0], conditions={})], 2, QUARTER, Key(0)) == []
    assert excerpts([replace(songs[0], conditions={})], 5, QUARTER) != []


def test_a_piece_is_moved_the_shorter_way() -> None:
    for key, first in (("F# major", 54), ("F major", 55), ("G major", 65), ("B major", 61)):
        piece = moved(tune("x", [60], key=key), Key(0))
        assert piece is not None
        assert piece.notes[0, 2] == first
        assert piece.conditions["key"] == "C major"


def test_what_mostly_rests_is_left_out() -> None:
    song = tune("a", [60, 62, 64, 65])
    resting = replace(song, notes=song.notes[np.array([0, 2, 3])])
    assert len(excerpts([song], 2, QUARTER)) == 2
    assert pitches(excerpts([resting], 2, QUARTER)) == [[64, 65]]
