"""Make new loops of kick, snare and hi-hat parts: no two equal, and split by part where wanted."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from daw_bridge.drums.loop_parts import ROLES, Part
from daw_bridge.midi.messages import DRUM_CHANNEL, note_off, note_on
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.time import SIXTEENTH, Ticks

Pools = Mapping[str, Sequence[Part]]
"""The parts of each role."""

TRAINING, VALIDATION = "train", "validation"


@dataclass(frozen=True, slots=True)
class Combination:
    """Hold the parts of one new loop, one of each role, and the side of the split it is on."""

    parts: tuple[Part, ...]
    side: str = ""

    @property
    def tempo_qpm(self) -> float:
        """Give the tempo that the parts state, else 120."""
        return next((part.tempo_qpm for part in self.parts if part.tempo_qpm), 120.0)

    def events(self) -> Iterator[tuple[Ticks, bytes]]:
        """Yield the loop's messages on channel 10; a hit ends where its drum is struck again."""
        for part in self.parts:
            end = part.n_bars * part.meter.bar_length()
            starts: dict[int, list[int]] = defaultdict(list)
            for note in part.notes:
                starts[note.pitch].append(note.start)
            for note in part.notes:
                struck = starts[note.pitch]
                again = bisect_right(struck, note.start)
                stop = min(note.start + note.duration, *struck[again : again + 1], end)
                yield note.start, note_on(DRUM_CHANNEL, note.pitch, note.velocity)
                yield Ticks(max(stop, note.start + 1)), note_off(DRUM_CHANNEL, note.pitch)


def pools_of(parts: Iterable[Part]) -> dict[str, list[Part]]:
    """Sort parts into roles, each in the order of their names."""
    pools: dict[str, list[Part]] = {role: [] for role in ROLES}
    for part in sorted(parts, key=lambda part: part.name):
        pools[part.role].append(part)
    return pools


def possible(pools: Pools) -> int:
    """Count the different loops that can be made."""
    return math.prod(len(pools[role]) for role in ROLES)


def combine(pools: Pools, count: int, seed: int, side: str = "") -> list[Combination]:
    """Draw `count` different loops; the same pools, count and seed draw the same ones.

    Raises:
        ValueError: there are not that many.
    """
    total = possible(pools)
    if count > total:
        raise ValueError(f"expected at most {total} loops from these parts, found {count}")
    numbers = random.Random(f"{side}{seed}").sample(range(total), count)  # noqa: S311  # music
    return [Combination(tuple(_parts_at(pools, number)), side) for number in numbers]


def _parts_at(pools: Pools, number: int) -> Iterator[Part]:
    for role in ROLES:
        number, place = divmod(number, len(pools[role]))
        yield pools[role][place]


def split(
    pools: Pools, fraction: float, wanted: int, seed: int
) -> tuple[dict[str, list[Part]], dict[str, list[Part]]]:
    """Divide the parts themselves, so that no loop of one side shares a part with the other.

    Parts that are the same as drum text stay together, such as a snare's and a rim's of one rhythm:
    what reads such text would see the one in training and again in validation.

    Returns:
        The pools for training and for validation. The latter has about `fraction` of each role,
        and more, up to half, where `wanted` loops cannot be made of that.

    Raises:
        ValueError: a role has fewer than two different parts.
    """
    rng = random.Random(seed)  # noqa: S311  # music
    families = {role: _families(pools[role]) for role in ROLES}
    for role, each in families.items():
        if len(each) < 2:
            raise ValueError(f"expected two or more different {role} loops, found {len(each)}")
        rng.shuffle(each)
    held_out = {
        role: min(max(round(fraction * len(each)), 1), len(each) - 1)
        for role, each in families.items()
    }
    while possible(_joined(families, held_out)[1]) < wanted:
        room = [role for role in ROLES if held_out[role] < len(families[role]) // 2]
        if not room:
            break
        held_out[min(room, key=lambda role: held_out[role] / len(families[role]))] += 1
    return _joined(families, held_out)


def _families(parts: Iterable[Part]) -> list[list[Part]]:
    """Put parts together that strike the same drum classes in 16ths."""
    families: dict[frozenset[tuple[int, int]], list[Part]] = defaultdict(list)
    for part in parts:
        struck = ((step, CLASS_OF.get(note, note)) for step, note in part.rhythm(SIXTEENTH))
        families[frozenset(struck)].append(part)
    return list(families.values())


def _joined(
    families: Mapping[str, list[list[Part]]], held_out: Mapping[str, int]
) -> tuple[dict[str, list[Part]], dict[str, list[Part]]]:
    cut = {
        role: (each[held_out[role] :], each[: held_out[role]]) for role, each in families.items()
    }
    training, validation = (
        {role: [part for family in sides[i] for part in family] for role, sides in cut.items()}
        for i in (0, 1)
    )
    return training, validation


def manifest_line(
    file: str, combination: Combination, settings: Mapping[str, object]
) -> dict[str, object]:
    """Say which parts made which loop, and how."""
    line: dict[str, object] = {"file": file}
    if combination.side:
        line["split"] = combination.side
    line["parts"] = {part.role: part.name for part in combination.parts}
    return {**line, **settings}
