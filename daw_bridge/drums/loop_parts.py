"""The parts that new loops are made of: loops of a single drum, compared by their rhythm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from daw_bridge.midi.files import FileNote, Score
from daw_bridge.music.gm_drums import DRUMS
from daw_bridge.music.time import PPQ, Meter, Ticks

ROLES = {
    "kick": (36, 35),
    "snare": (38, 37, 39, 40),
    "hi-hat": (42, 44, 46),
}
"""What a loop is combined from, and the canonical notes of each."""

ROLE_OF = {note: role for role, notes in ROLES.items() for note in notes}

FINEST = Ticks(PPQ // 24)
"""A grid that holds 32nds and their triplets: what tells rhythms apart, however they are played."""


@dataclass(frozen=True, slots=True)
class Part:
    """One loop of a single drum.

    `name` is its path in the pack; `n_bars` counts whole bars; `tempo_qpm` is None where the file
    states none. `steady`: neither tempo nor meter changes on the way.
    """

    name: str
    role: str
    notes: tuple[FileNote, ...]
    meter: Meter
    n_bars: int
    tempo_qpm: float | None
    steady: bool = True

    def rhythm(self, step: Ticks = FINEST) -> frozenset[tuple[int, int]]:
        """Return the steps and notes that are struck, whatever the velocity and the feel."""
        return frozenset((round(note.start / step), note.pitch) for note in self.notes)


def role_of(score: Score) -> str | None:
    """Return the role of a loop by its notes; None where they are not those of one role."""
    roles = {ROLE_OF.get(note.pitch) for note in score.notes}
    return roles.pop() if len(roles) == 1 else None


def part_of(name: str, role: str, score: Score) -> Part:
    """Make a part of a loop that has notes."""
    meter = score.meters[0][1]
    stated = not any("no tempo" in remark for remark in score.remarks)
    tempo = score.tempos[0][1] if stated else None
    steady = all(len({value for _, value in each}) == 1 for each in (score.tempos, score.meters))
    return Part(name, role, score.notes, meter, _bars(score, meter), tempo, steady)


@dataclass(frozen=True, slots=True)
class Pack:
    """The loops of a pack by what they can be: parts, or why they are none.

    `wrong` are those whose notes are not those of the drum that they are named after, `unused`
    those of another drum, or of several; both by name, with the reason.
    """

    parts: tuple[Part, ...]
    wrong: Mapping[str, str]
    unused: Mapping[str, str]


def pack_of(loops: Iterable[tuple[str, str | None, Score]]) -> Pack:
    """Sort loops, each a name, the drum that the name says and the notes, into parts and others."""
    parts: list[Part] = []
    wrong: dict[str, str] = {}
    unused: dict[str, str] = {}
    for name, drum, score in loops:
        by_name = ROLE_OF.get(DRUMS[drum].note) if drum else None
        role = role_of(score)
        pitches = ", ".join(map(str, sorted({note.pitch for note in score.notes}))) or "none"
        if role and by_name == (role if drum else None):
            parts.append(part_of(name, role, score))
        elif by_name:
            standard = ", ".join(map(str, ROLES[by_name]))
            wrong[name] = f"expected the notes of a {by_name} ({standard}), found {pitches}"
        elif role:
            wrong[name] = f"expected the notes of a {drum}, found those of a {role} ({pitches})"
        else:
            unused[name] = f"it holds neither a kick nor a snare nor a hi-hat alone ({pitches})"
    return Pack(tuple(parts), wrong, unused)


def _bars(score: Score, meter: Meter) -> int:
    """Count bars: up to the last hit at least, and to the end of the file, rounded."""
    last = max(note.start for note in score.notes)
    return max(last // meter.bar_length() + 1, round(score.length / meter.bar_length()))


def misfits(parts: Iterable[Part], n_bars: int) -> dict[str, str]:
    """Say which parts cannot be combined with most of the others, and why.

    Returns:
        Reasons by name: a meter or tempo that most do not have, or that changes, or another length
        than `n_bars`.
    """
    parts = list(parts)
    meters = Counter(part.meter for part in parts)
    tempos = Counter(round(part.tempo_qpm, 2) for part in parts if part.tempo_qpm is not None)
    meter = meters.most_common(1)[0][0] if meters else Meter()
    tempo = min(tempos, key=lambda t: (-tempos[t], t)) if tempos else None
    reasons: dict[str, list[str]] = {}
    for part in parts:
        wrong = reasons.setdefault(part.name, [])
        if not part.steady:
            wrong.append("expected one meter and one tempo, found a change on the way")
        if part.meter != meter:
            wrong.append(f"expected a meter of {meter}, as most have, found {part.meter}")
        if part.n_bars != n_bars:
            wrong.append(f"expected {n_bars} bars, found {part.n_bars}")
        if part.tempo_qpm is not None and round(part.tempo_qpm, 2) != tempo:
            found = f"{part.tempo_qpm:g}"
            wrong.append(f"expected a tempo of {tempo:g}, as most have, found {found}")
    return {name: "; ".join(wrong) for name, wrong in reasons.items() if wrong}


def alike(parts: Iterable[Part]) -> tuple[list[Part], dict[str, str]]:
    """Keep one part of each rhythm.

    Returns:
        The parts that are kept, and for each that is not, the name of the one that it repeats.
    """
    kept: dict[frozenset[tuple[int, int]], Part] = {}
    repeats: dict[str, str] = {}
    for part in parts:
        first = kept.setdefault(part.rhythm(), part)
        if first is not part:
            repeats[part.name] = first.name
    return list(kept.values()), repeats


def on_grid(part: Part, resolution: int) -> Part:
    """Move the hits of a part to the nearest step of 16ths or 32nds.

    Hi-hat rolls are kept: a hi-hat hit goes to the nearest 32nd or triplet (of 16ths or 32nds).
    Where two hits of a drum meet, the louder one stays.
    """
    straight = Ticks(4 * PPQ // resolution)
    steps = (straight, Ticks(PPQ // 8), Ticks(PPQ // 6), Ticks(PPQ // 12))
    loudest: dict[tuple[int, int], FileNote] = {}
    end = part.n_bars * part.meter.bar_length()
    for note in part.notes:
        grids = steps if part.role == "hi-hat" else steps[:1]
        places = [round(note.start / grid) * grid for grid in grids]
        start = min(places, key=lambda place: abs(place - note.start))
        start = min(start, end - grids[-1])
        moved = replace(note, start=Ticks(start))
        key = (start, note.pitch)
        if key not in loudest or loudest[key].velocity < note.velocity:
            loudest[key] = moved
    return replace(part, notes=tuple(sorted(loudest.values())))
