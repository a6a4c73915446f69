"""Drum maps: canonical drums to the notes of a device, and back.

The canonical note of a drum is its General MIDI number. A map says for every one of the 61
canonical drums what happens to it: a note of its own, another drum of its family that stands in for
it, or nothing. There is no pass-through: what is a closed hi-hat here chokes a splash there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from daw_bridge.errors import Location, Problem, near
from daw_bridge.music.gm_drums import DRUM_AT, DRUMS, drum_of, label_of

Table = tuple[int | None, ...]
"""A note for each note 0..127; None: it is dropped."""


class DrumMapError(ValueError):
    """Everything that is wrong with a map."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Pad:
    """A drum, or one articulation of it, on notes 0..127 of a device.

    `note` is the one that is sent; `also` are further ones that are understood.
    """

    drum: str
    note: int
    also: tuple[int, ...] = ()

    @property
    def notes(self) -> tuple[int, ...]:
        """All notes, the one that is sent first."""
        return (self.note, *self.also)


@dataclass(frozen=True, slots=True)
class HiHat:
    """How open a hi-hat is: by note, and by a controller (CC4 as a rule).

    `openness` is in percent by device note. `controller_notes` sound as open as the pedal is, whose
    value is `closed` when it is pressed and `open` when it is not; both None: not known. On a
    device with `one_note` the same note is sent for a closed hi-hat, and only the pedal tells.
    """

    openness: Mapping[int, int] = field(default_factory=dict)
    controller: int | None = None
    controller_notes: tuple[int, ...] = ()
    closed: int | None = None
    open: int | None = None
    one_note: bool = False

    def openness_at(self, value: int) -> int | None:
        """Return the openness in percent at a value of the controller; None: it is not known."""
        if self.closed is None or self.open is None or self.closed == self.open:
            return None
        part = (value - self.closed) / (self.open - self.closed)
        return round(100 * min(max(part, 0.0), 1.0))


CLOSED_PERCENT = 10
"""A hi-hat that is open no further than this is closed, where only the pedal tells."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a note of a device plays: a pad, and how open in percent where that means something.

    It does where the notes of one drum of a hi-hat differ in openness, or where the pedal tells.
    """

    pad: str
    openness: int | None = None


@dataclass(frozen=True, slots=True)
class DrumMap:
    """Canonical drums on the notes of one device, and back; immutable, safe to share.

    `nearest` names the drum that stands in for another of its family, and may chain; `dropped` are
    the drums that the device has nothing for. `choke_groups` are device notes that cut each other.
    `silent` are device notes that make no drum sound of their own (chokes, mutes), with what they
    do: they are never sent for a hit.

    Raises:
        DrumMapError: the map contradicts itself; every problem is told.
    """

    name: str
    pads: tuple[Pad, ...]
    nearest: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    choke_groups: tuple[frozenset[int], ...] = ()
    silent: Mapping[int, str] = field(default_factory=dict)
    hi_hat: HiHat = HiHat()
    labels: Mapping[int, str] = field(default_factory=dict)
    title: str = ""
    certainty: str = "unverified"
    sources: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    _device: Table = field(init=False, repr=False, compare=False)
    _pad_at: Mapping[int, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if found := problems(self):
            raise DrumMapError(found)
        pad_at = {note: pad.drum for pad in self.pads for note in pad.notes}
        device = [self.note_for(DRUM_AT[n].name) if n in DRUM_AT else None for n in range(128)]
        object.__setattr__(self, "_pad_at", pad_at)
        object.__setattr__(self, "_device", tuple(device))

    def to_device(self, pitch: int) -> int | None:
        """Return the note to send for a canonical note; None: the device has nothing for it."""
        return self._device[pitch]

    def to_canonical(self, note: int) -> int | None:
        """Return the canonical note of a device note; None: the map does not know it as a drum."""
        pad = self._pad_at.get(note)
        return None if pad is None else DRUMS[pad.partition("/")[0]].note

    def pad_at(self, note: int) -> str | None:
        """Name the pad that a device note plays, such as `closed-hat/edge`."""
        return self._pad_at.get(note)

    def note_for(self, pad: str) -> int | None:
        """Return the note to send for a pad: its own, else along the fall-backs, else None.

        An articulation that the device does not tell apart is played as its drum.
        """
        notes = {each.drum: each.note for each in self.pads}
        while pad not in notes:
            drum = pad.partition("/")[0]
            if pad in self.nearest:
                pad = self.nearest[pad]
            elif pad != drum:
                pad = drum
            else:
                return None
        return notes[pad]

    def sound_at(self, note: int, pedal: int | None = None) -> Sound | None:
        """Return what a device note plays, while the pedal's controller stands at a value.

        None: the map does not know it as a drum. A pedal of None is one that nobody has moved.
        """
        pad, hat = self.pad_at(note), self.hi_hat
        if pad is None:
            return None
        openness = None
        if pedal is not None and note in hat.controller_notes:
            openness = hat.openness_at(pedal)
        if openness is None:
            return Sound(pad, self._degrees(pad).get(note))
        if hat.one_note:
            pad = "closed-hat" if openness <= CLOSED_PERCENT else "open-hat"
        return Sound(pad, openness)

    def note_of(self, sound: Sound) -> int | None:
        """Return the note to send for what another device plays; None: there is nothing for it.

        An articulation that this device has is kept; where it lacks it, a hi-hat takes the note of
        the nearest openness, if both maps state one.
        """
        first = self.note_for(sound.pad)
        own = "/" in sound.pad and any(each.drum == sound.pad for each in self.pads)
        if sound.openness is None or own:
            return first
        openness, degrees = sound.openness, self._degrees(sound.pad)
        return min(
            degrees, key=lambda n: (abs(degrees[n] - openness), n != first, n), default=first
        )

    def _degrees(self, pad: str) -> dict[int, int]:
        """Return the openness of the notes of a pad's drum, where they differ in it; else none."""
        drum, openness = pad.partition("/")[0], self.hi_hat.openness
        notes = (n for p in self.pads if p.drum.partition("/")[0] == drum for n in p.notes)
        degrees = {note: openness[note] for note in notes if note in openness}
        return degrees if len(set(degrees.values())) > 1 else {}

    def label(self, note: int) -> str | None:
        """Say what a device note is, for people; None: nothing that the map knows."""
        if note in self.labels:
            return self.labels[note]
        if note in self.silent:
            return self.silent[note]
        pad = self._pad_at.get(note)
        return None if pad is None else label_of(pad)


@dataclass(frozen=True, slots=True)
class Translation:
    """What each note of one device is on another.

    `table` is the note for each note; for notes that sound as open as the pedal is, `by_pedal`
    holds the note for each value 0..127 of `controller`.
    """

    table: Table
    controller: int | None = None
    by_pedal: Mapping[int, Table] = field(default_factory=dict)

    def note(self, note: int, pedal: int | None = None) -> int | None:
        """Return the note to send, while the pedal's controller stands at a value, if known."""
        if pedal is not None and note in self.by_pedal:
            return self.by_pedal[note][pedal]
        return self.table[note]


def translation(source: DrumMap, target: DrumMap) -> Translation:
    """Return, for each note of one device, the note that plays the same on another.

    A map to itself leaves every note that it knows as it is. Else a drum stays the same drum unless
    the target has nothing but a stand-in for it: `DrumMap.note_of` of `DrumMap.sound_at`.
    """
    hat = source.hi_hat
    if source == target:
        return Translation(tuple(note if source.pad_at(note) else None for note in range(128)))

    def moved(note: int, pedal: int | None = None) -> int | None:
        sound = source.sound_at(note, pedal)
        return None if sound is None else target.note_of(sound)

    by_pedal = {
        note: tuple(moved(note, pedal) for pedal in range(128))
        for note in hat.controller_notes
        if hat.openness_at(0) is not None
    }
    return Translation(tuple(map(moved, range(128))), hat.controller, by_pedal)


def problems(drum_map: DrumMap) -> list[Problem]:
    """List what is wrong with a map, each with the keys that lead to it in its file."""
    return [
        *_numbers_out_of_range(drum_map),
        *_unknown_names(drum_map),
        *_notes_of_two_pads(drum_map.pads, drum_map.silent),
        *_drums_left_open(drum_map),
        *_fall_backs_astray(drum_map),
        *_hats_that_ring_on(drum_map),
    ]


def _numbers_out_of_range(drum_map: DrumMap) -> Iterator[Problem]:
    for pad in drum_map.pads:
        for note in pad.notes:
            if not 0 <= note <= 127:
                yield Problem(("drums", pad.drum), f"expected a note in 0..127, found {note}")
    for key, notes in (
        ("silent", drum_map.silent),
        ("names", drum_map.labels),
        ("choke", [note for group in drum_map.choke_groups for note in sorted(group)]),
        ("hi_hat", [*drum_map.hi_hat.openness, *drum_map.hi_hat.controller_notes]),
    ):
        for note in notes:
            if not 0 <= note <= 127:
                yield Problem((key, note), f"expected a note in 0..127, found {note}")


def _unknown_names(drum_map: DrumMap) -> Iterator[Problem]:
    uses: list[tuple[Location, str]] = [(("drums", p.drum), p.drum) for p in drum_map.pads]
    uses += [
        (("nearest", name), each) for name, to in drum_map.nearest.items() for each in (name, to)
    ]
    uses += [(("dropped",), name) for name in sorted(drum_map.dropped)]
    for at, name in uses:
        if drum_of(name) is None:
            yield Problem(at, f"expected a drum, found {name!r}: {near(name, DRUMS)}")


def _notes_of_two_pads(pads: Iterable[Pad], silent: Mapping[int, str]) -> Iterator[Problem]:
    taken: dict[int, str] = {}
    seen = set[str]()
    for pad in pads:
        if pad.drum in seen:
            yield Problem(
                ("drums", pad.drum),
                f"expected one note that is sent, found a second, {pad.note}: put it under `also`",
            )
        seen.add(pad.drum)
        for note in pad.notes:
            if note in silent:
                what = f"note {note} is both {pad.drum} and silent ({silent[note]}): keep one"
                yield Problem(("drums", pad.drum), what)
            elif note in taken:
                what = f"note {note} is both {taken[note]} and {pad.drum}: give it to one of them"
                yield Problem(("drums", pad.drum), what)
            taken[note] = pad.drum


def _drums_left_open(drum_map: DrumMap) -> Iterator[Problem]:
    pads = {pad.drum for pad in drum_map.pads}
    missing = [
        n
        for n in DRUMS
        if n not in pads and n not in drum_map.nearest and n not in drum_map.dropped
    ]
    if missing:
        names = ", ".join(f"{name} ({DRUMS[name].note})" for name in missing)
        yield Problem(
            ("dropped",),
            f"expected a note, a nearest drum or a place among the dropped for {names}",
        )
    for name in sorted((pads & set(drum_map.nearest)) | (set(drum_map.nearest) & drum_map.dropped)):
        yield Problem(("nearest", name), f"{name} has a note or is dropped as well: keep one")
    for name in sorted(pads & drum_map.dropped):
        yield Problem(("dropped",), f"{name} has a note as well: keep one")


def _fall_backs_astray(drum_map: DrumMap) -> Iterator[Problem]:
    pads = {pad.drum for pad in drum_map.pads}
    for start, first in drum_map.nearest.items():
        chain = [start, first]
        while (
            chain[-1] not in pads and chain[-1] in drum_map.nearest and chain[-1] not in chain[:-1]
        ):
            chain.append(drum_map.nearest[chain[-1]])
        if chain[-1] in chain[:-1]:
            cycle = " -> ".join(chain)
            yield Problem(
                ("nearest", start),
                f"expected a chain that ends at a note, found a cycle: {cycle}",
            )
        elif drum_of(chain[-1]) and chain[-1] not in pads:
            yield Problem(
                ("nearest", start),
                f"expected {chain[-1]} to have a note, found none: give it one",
            )
        for one, other in pairwise(chain[:2]):
            here, there = drum_of(one), drum_of(other)
            if here and there and here.family != there.family:
                what = (
                    f"expected a drum of the family {here.family}, found {other} ({there.family})"
                )
                yield Problem(("nearest", start), what)


def _hats_that_ring_on(drum_map: DrumMap) -> Iterator[Problem]:
    notes = (
        n for p in drum_map.pads if (d := drum_of(p.drum)) and d.family == "hi-hat" for n in p.notes
    )
    hats = {note for note in notes if 0 <= note <= 127}
    if len(hats) > 1 and not any(hats <= group for group in drum_map.choke_groups):
        most = max(drum_map.choke_groups, key=lambda group: len(hats & group), default=frozenset())
        missing = ", ".join(map(str, sorted(hats - most)))
        yield Problem(
            ("choke",),
            f"expected all hi-hat notes in one group, so that closed cuts open; add {missing}",
        )
    hat = drum_map.hi_hat
    for key, stated in (("openness", hat.openness), ("controller_notes", hat.controller_notes)):
        for note in stated:
            if note not in hats:
                yield Problem(("hi_hat", key), f"expected a note of the hi-hat, found {note}")
