"""Which notes of a file a model is to learn: drums, a melody, all pitches, or four voices."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from daw_bridge.corpora.material import Track
from daw_bridge.corpora.pieces import Events
from daw_bridge.music.time import PPQ

PULSE_1, PULSE_2, TRIANGLE, NOISE = range(4)
"""The voices of a chip, by the numbers that its notes carry."""

CHOIR = 4
"""The voices of a choir."""

_MELODY = re.compile(
    r"melod|lead|vocal|voice|sing|chant|gesang|sopran|tenor|alto|bariton|canto|stimme", re.I
)
# Of hits at one time the noise voice plays the one that carries the beat: snare, kick, crash, toms,
# hats.
_NOISE_ORDER = (38, 36, 49, 48, 45, 41, 46, 51, 42)
_TURN = 4 * PPQ
"""Ticks for which a pulse stays with the track that it has taken up."""
_CHORD = 30
"""Ticks within which notes count as struck together: half of a 32nd."""


def monophonic(events: Events, *, highest: bool = True) -> Events:
    """Keep one note at a time: the highest (or lowest) of each chord, each ended by the next.

    A lower note under a higher one that goes on sounding is left out, so that a melody is not cut
    up by its accompaniment.
    """
    sign = 1 if highest else -1
    order = np.lexsort((-sign * events.pitch, events.onset))
    rows = np.stack([events.onset, events.pitch, events.duration], axis=1)[order].tolist()
    kept: list[int] = []
    for index, (onset, pitch, duration) in enumerate(rows):
        if kept:
            last_onset, last_pitch, last_duration = rows[kept[-1]]
            together = onset - last_onset < _CHORD
            if together and sign * (pitch - last_pitch) <= 0:
                continue
            if together:
                kept.pop()
            elif sign * (pitch - last_pitch) < 0 and onset + duration <= last_onset + last_duration:
                continue
        kept.append(index)
    out = events.where(np.sort(order)) if not kept else _take(events, order[kept])
    if not len(out):
        return out
    gap = np.append(np.diff(out.onset), np.iinfo(np.int64).max)
    return Events.of(out.onset, out.pitch, np.minimum(out.duration, gap), out.velocity, out.voice)


def melody(tracks: Sequence[Track], way: int = 0) -> Events:
    """Find the melody: the track that is named as one, else the highest that is mostly a line.

    From `way` 1 on it is the next best of those tracks that are a line of their own; nothing where
    there are not so many.
    """
    pitched = [track for track in tracks if not track.is_drum and len(track.events)]
    ranked = sorted(pitched, key=_rank)
    lines: dict[bytes, Events] = {}
    for track in (*ranked[:1], *filter(_is_a_line, ranked[1:])):
        line = monophonic(track.events)
        lines.setdefault((line.pitch % 12).tobytes(), line)  # its double or echo is none
    return (list(lines.values())[way:] or [Events.join([])])[0]


def _rank(track: Track) -> float:
    return -math.inf if _MELODY.search(track.name) else -_melodiousness(track)


def _is_a_line(track: Track) -> bool:
    """Whether a track plays often, mostly a note at a time or an octave, and is no bass."""
    onsets, events = _onsets(track), track.events
    is_treble = float(np.median(events.pitch)) >= 48
    return onsets >= 32 and onsets >= 0.45 * len(events) and is_treble


def polyphony(tracks: Sequence[Track]) -> Events:
    """Take every pitched note as one voice."""
    joined = Events.join([track.events for track in tracks if not track.is_drum])
    return _voiced(joined, 0)


def choir(tracks: Sequence[Track]) -> Events:
    """Take four lines as soprano, alto, tenor and bass, from the highest; of other music nothing.

    The lines of a quartet cross, so it is how high they lie on the whole that counts.
    """
    lines = [monophonic(t.events) for t in tracks if not t.is_drum and len(t.events)]
    if len(lines) != CHOIR:
        return Events.join([])
    heights = [float(np.average(line.pitch, weights=line.duration)) for line in lines]
    order = np.argsort([-height for height in heights], kind="stable").tolist()
    return Events.join([_voiced(lines[place], voice) for voice, place in enumerate(order)])


def four_voices(
    tracks: Sequence[Track], canonical: Callable[[Events], Events], way: int = 0
) -> Events:
    """Reduce tracks to pulse 1, pulse 2, triangle and noise, one note at a time each.

    Tracks that name their voice (NES-MDB, Pently, SATB) keep it. Of others the lowest becomes the
    triangle, and the pulses play the two most melodious of those that play at a time; where a file
    has one or two tracks, the upper and the lower line of a chord are parted. From `way` 1 on that
    many of the most melodious come last; nothing where there are not so many. `canonical` turns
    drum notes into General MIDI's.
    """
    drums = Events.join([canonical(t.events) for t in tracks if t.is_drum and t.voice is None])
    voices = [_noise(drums)]
    pitched = [track for track in tracks if not track.is_drum and len(track.events)]
    named = any(track.voice is not None for track in tracks)
    if way and (named or way > len(pitched) - 2):
        return Events.join([])
    if named:
        voices += [_named(t, canonical) for t in tracks if t.voice is not None]
    elif len(pitched) >= 3:
        bass = min(pitched, key=lambda track: float(np.median(track.events.pitch)))
        others = sorted((t for t in pitched if t is not bass), key=_melodiousness, reverse=True)
        lines = [monophonic(track.events) for track in (*others[way:], *others[:way])]
        voices += _by_turns(lines, (PULSE_1, PULSE_2))
        voices.append(_voiced(monophonic(bass.events, highest=False), TRIANGLE))
    elif pitched:
        voices += _parted([track.events for track in pitched])
    return Events.join(voices)


def _by_turns(lines: Sequence[Events], voices: Sequence[int]) -> list[Events]:
    """Return each voice a line, the first lines first; where one rests, those after it move up.

    A song of many tracks has few that play from its beginning to its end.
    """
    turns = [line.onset // _TURN for line in lines]
    playing = [set(turn.tolist()) for turn in turns]
    taken: list[list[Events]] = [[] for _ in voices]
    for number, (line, turn) in enumerate(zip(lines, turns, strict=True)):
        before = np.array([sum(t in other for other in playing[:number]) for t in turn.tolist()])
        for place, parts in enumerate(taken):
            parts.append(line.where(before == place))
    joined = [monophonic(Events.join(parts)) for parts in taken]
    return [_voiced(line, voice) for line, voice in zip(joined, voices, strict=True)]


def _parted(parts: list[Events]) -> list[Events]:
    upper = parts[0]
    lower = parts[-1]
    bass = monophonic(lower, highest=False)
    lead = monophonic(upper)
    used = {(o, p) for e in (bass, lead) for o, p in zip(e.onset, e.pitch, strict=True)}
    both = Events.join(parts)
    rest = np.array([(o, p) not in used for o, p in zip(both.onset, both.pitch, strict=True)], bool)
    middle = monophonic(both.where(rest))
    return [_voiced(lead, PULSE_1), _voiced(middle, PULSE_2), _voiced(bass, TRIANGLE)]


def _named(track: Track, canonical: Callable[[Events], Events]) -> Events:
    voice = track.voice or 0
    if voice == NOISE:
        return _noise(canonical(track.events))
    return _voiced(monophonic(track.events), voice)


def _noise(drums: Events) -> Events:
    rank = {pitch: index for index, pitch in enumerate(_NOISE_ORDER)}
    ranks = np.array([rank.get(int(p), len(rank)) for p in drums.pitch], np.int64)
    order = np.lexsort((ranks, drums.onset))
    kept: list[int] = []
    for index in order[ranks[order] < len(rank)]:
        if not kept or drums.onset[index] - drums.onset[kept[-1]] >= _CHORD:
            kept.append(int(index))
    return _voiced(_take(drums, np.array(kept, np.int64)), NOISE)


def _melodiousness(track: Track) -> float:
    events, onsets = track.events, _onsets(track)
    # Few notes are no melody, however high; chords are an accompaniment.
    return float(np.median(events.pitch)) * (onsets / len(events)) * min(1.0, onsets / 32)


def _onsets(track: Track) -> int:
    return len(np.unique(track.events.onset // _CHORD))


def _take(events: Events, index: np.ndarray) -> Events:
    return Events(*(getattr(events, name)[index] for name in Events.__slots__))


def _voiced(events: Events, voice: int) -> Events:
    return Events.of(events.onset, events.pitch, events.duration, events.velocity, voice)
