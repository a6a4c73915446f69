"""Scores of the Pently engine: music for the NES's four voices, written as text."""

from __future__ import annotations

from collections.abc import Iterator, Set

from daw_bridge.corpora.material import Material, Reader, Reading, Source, Track, Unreadable
from daw_bridge.corpora.pieces import Events
from daw_bridge.corpora.readers.pently_score import CYMBAL, Song, read_score
from daw_bridge.corpora.readers.pently_words import WHOLE, Pattern, Sound, Words
from daw_bridge.corpora.voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.files import text_of
from daw_bridge.music.time import PPQ


def read(data: bytes, source: Source, _: Reading) -> Iterator[Material]:
    """Read every song of a score, with a track for each of its voices."""
    try:
        score = read_score(text_of(data))
    except UnicodeDecodeError as error:
        raise Unreadable("no score of Pently") from error
    for song in score.songs:
        if song.plays:
            tracks, name = _tracks(song, score.drums), f"{source.name}:{song.name}"
            yield Material(name, tracks, song.meters, song.tempo_qpm, source.split)


def _tracks(song: Song, drums: Set[str]) -> list[Track]:
    """Play a song through once."""
    tracks = []
    for voice in (PULSE_1, PULSE_2, TRIANGLE, NOISE, CYMBAL):
        plays = [play for play in song.plays if play[1] == voice]
        ends = [*(play[0] for play in plays[1:]), song.end]
        rows = []
        for (start, _, what, up), end in zip(plays, ends, strict=False):
            # The triangle sounds an octave below what is written.
            shift = 0 if voice >= NOISE else up - (12 if voice == TRIANGLE else 0)
            rows += [
                (onset, pitch + shift, length, 100)
                for onset, length, pitch in _looped(_sounds(what, drums), start, end)
                if 0 <= pitch + shift <= 127
            ]
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        known = min(voice, NOISE)
        tracks.append(Track(song.name, known == NOISE, Events.of(*columns, known), known))
    return tracks


def _sounds(what: Pattern | int | None, drums: Set[str]) -> tuple[list[Sound], int]:
    if what is None:
        return [], WHOLE
    if isinstance(what, int):
        return [(0, PPQ, what)], 1 << 30
    sounds: list[Sound] = []
    length = 0
    pattern: Pattern | None = what
    while pattern is not None:
        part, part_length = Words(pattern, drums).read()
        sounds += [(start + length, span, pitch) for start, span, pitch in part]
        length += part_length
        pattern = pattern.next
    return sounds, length


def _looped(sounds: tuple[list[Sound], int], start: int, end: int) -> Iterator[Sound]:
    """Repeat a pattern from `start` until `end`; its last sound is cut there."""
    pattern, length = sounds
    at = start
    while pattern and length > 0 and at < end:
        for onset, span, pitch in pattern:
            if at + onset < end:
                yield at + onset, min(span, end - at - onset), pitch
        at += length


READER = Reader(read)
