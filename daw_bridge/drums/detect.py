"""Which drum map a take was made for, by how its notes are played, not by any name.

Each map reads the take as drums; the reading that sounds most like drumming fits best. What
drumming is like was counted in the training takes of the Groove MIDI Dataset: how much of a take
each drum is, where in the bar it falls and how hard it is struck, which drums there are at all, and
which toms together. Many maps read the same take alike: those are one answer, and the order among
them says little. Where two different readings fit about equally, the answer is that it is not sure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from daw_bridge.drums import habits
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.gm_drums import CLASS_OF, DRUMS
from daw_bridge.music.time import SIXTEENTH, Ticks

Hit = tuple[int, int, int]
"""A tick from the start of the take, a note of the device, and a velocity."""

SURE_NATS = 1.0
"""How much better than any other reading the best one must fit. Chosen, like the weights below, on
the training takes re-mapped to every map."""

_SHARE, _PLACE, _VELOCITY, _PRESENCE, _TOMS = 0.5, 0.55, 1.2, 1.0, 1.5
_UNKNOWN, _ACCEPTED, _ACCEPTED_OF, _RARE, _TOM_CHOICE, _SECOND_TOM = 12.0, 2.5, 2.3, 5.0, 0.4, 5.0
_DOUBT = {"verified": 0.0, "one source": 2.5, "unverified": 3.75}
"""What a map costs that nobody has checked."""

_MOST_PLACES = 12
"""Hits of a loop repeat: more of them than this prove no more."""

_SEEN_AS = {35: 36, 39: 38, 41: 43, 47: 45, 48: 50, 52: 57, 55: 57}
"""Drums that the counted takes do not have, and those that are played like them."""

_UNSEEN = 0.02
"""How often a pad is taken to be played that the counted kit does not have."""

_TOM_CLASSES = (4, 5, 6)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a map fits: `score` is a log-likelihood in nats, higher is better."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Detection:
    """What the notes of a take tell about its map.

    `ranking` holds every map, best first. `alike` are the maps that read each note as the same drum
    as the best one does, itself among them: one reading, whose best-known map is the first.
    `runner_up` is the best map of any other reading, `margin` its distance in nats. `share` and
    `runner_up_share` are how likely the two readings are, from 0 to 1.
    """

    ranking: tuple[Fit, ...]
    alike: tuple[str, ...]
    runner_up: Fit | None
    margin: float
    share: float
    runner_up_share: float = 0.0

    @property
    def best(self) -> Fit:
        """The map to name, with the score of its reading."""
        return Fit(self.alike[0], self.ranking[0].score)

    @property
    def sure(self) -> bool:
        """Whether no other reading fits about as well."""
        return self.margin >= SURE_NATS


def detect(hits: Iterable[Hit], bar_length: Ticks, maps: Sequence[DrumMap]) -> Detection:
    """Rank maps by how well they fit a take, in bars of `bar_length` ticks.

    Raises:
        ValueError: there are no hits, or no maps.
    """
    played = _played(hits, bar_length)
    if not played or not maps:
        raise ValueError("expected hits and maps, found none")
    fits = {each.name: Fit(each.name, _score(each, played)) for each in maps}
    ranking = tuple(sorted(fits.values(), key=lambda fit: -fit.score))
    readings = {each.name: _reading(each, played) for each in maps}
    best = readings[ranking[0].name]
    others = [fit for fit in ranking if readings[fit.name] != best]
    tops: dict[tuple[int | None, ...], float] = {}
    for fit in ranking:
        tops.setdefault(readings[fit.name], fit.score)
    total = sum(math.exp(score - ranking[0].score) for score in tops.values())
    margin = ranking[0].score - others[0].score if others else math.inf
    known = {each.name: (each.name != GENERAL_MIDI, _doubt(each)) for each in maps}
    alike = [fit.name for fit in ranking if readings[fit.name] == best]
    return Detection(
        ranking,
        tuple(sorted(alike, key=lambda name: known[name])),
        others[0] if others else None,
        margin,
        1 / total,
        math.exp(-margin) / total,
    )


GENERAL_MIDI = "gm"
"""The map that is named first where the notes tell no difference: the one all devices know."""


def _doubt(drum_map: DrumMap) -> float:
    return _DOUBT.get(drum_map.certainty, max(_DOUBT.values()))


@dataclass(frozen=True, slots=True)
class _Played:
    """How one note is played: buckets of share and velocity, hits by place in half a bar."""

    count: int
    share: int
    velocity: int
    places: tuple[int, ...]


def _played(hits: Iterable[Hit], bar_length: Ticks) -> dict[int, _Played]:
    by_note: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for tick, note, velocity in hits:
        by_note[note].append((tick, velocity))
    total = sum(map(len, by_note.values()))
    return {
        note: _Played(
            len(struck),
            habits.bucket(len(struck) / total, habits.SHARES),
            habits.bucket(sum(v for _, v in struck) / len(struck), habits.VELOCITIES),
            _places((tick for tick, _ in struck), bar_length),
        )
        for note, struck in sorted(by_note.items())
    }


def _places(ticks: Iterable[int], bar_length: Ticks) -> tuple[int, ...]:
    """Count hits by their 16th in half a bar of 4/4."""
    places = [0] * habits.N_PLACES
    for tick in ticks:
        places[round(tick % bar_length / SIXTEENTH) % habits.N_PLACES] += 1
    return tuple(places)


def _reading(drum_map: DrumMap, notes: Iterable[int]) -> tuple[int | None, ...]:
    """Return what a map takes each note for: one of the nine classes, another drum, or nothing."""
    drums = (drum_map.to_canonical(note) for note in notes)
    return tuple(None if drum is None else CLASS_OF.get(drum, drum) for drum in drums)


def _score(drum_map: DrumMap, played: Mapping[int, _Played]) -> float:
    score = -_doubt(drum_map)
    also = {note: len(pad.also) for pad in drum_map.pads for note in pad.also}
    pads = set[str]()
    for note, how in played.items():
        drum = drum_map.to_canonical(note)
        score += _how(how, drum)
        if drum is None:
            score -= _UNKNOWN
        elif note in also:
            score -= _ACCEPTED + _ACCEPTED_OF * math.log(also[note])
        pads.add(drum_map.pad_at(note) or "")
    return score + _which_pads(drum_map, pads) + _which_toms(drum_map, pads)


def _how(how: _Played, drum: int | None) -> float:
    """Weigh how a note is played against how a drum is."""
    habit = habits.HABITS.get(_SEEN_AS.get(drum, drum) if drum else 0, habits.ANY)
    places = sum(n * habit.places[i] for i, n in enumerate(how.places)) / how.count
    return (
        _SHARE * habit.share[how.share]
        + _VELOCITY * habit.velocity[how.velocity]
        + _PLACE * min(how.count, _MOST_PLACES) * places
    )


def _which_pads(drum_map: DrumMap, used: set[str]) -> float:
    """Weigh which pads of a map are played, and which are not; toms are weighed together."""
    score = 0.0
    for pad in drum_map.pads:
        name, _, articulation = pad.drum.partition("/")
        if DRUMS[name].family == "tom" and not articulation:
            continue
        often = habits.PADS.get(pad.drum, _UNSEEN)
        note = DRUMS[name].note
        if pad.drum not in used:
            score += _PRESENCE * math.log(1 - often)
        elif articulation or _SEEN_AS.get(note, note) in habits.HABITS:
            score += _PRESENCE * math.log(often)
        else:
            score += _PRESENCE * math.log(1 - often) - _RARE
    return score


def _which_toms(drum_map: DrumMap, used: set[str]) -> float:
    """Weigh which classes of tom are played together, of how many a map has."""
    drums = [DRUMS[pad.drum.partition("/")[0]] for pad in drum_map.pads]
    toms = {drum.note for drum in drums if drum.family == "tom"}
    struck = {DRUMS[pad.partition("/")[0]].note for pad in used if pad} & toms
    classes = {CLASS_OF[note] for note in struck}
    together = sum(1 << i for i, each in enumerate(_TOM_CLASSES) if each in classes)
    return (
        _TOMS * habits.TOMS[together]
        - _TOM_CHOICE * math.log(math.comb(len(toms), len(struck)))
        - _SECOND_TOM * (len(struck) - len(classes))
    )
