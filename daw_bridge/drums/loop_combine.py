"""Make new loops of kick, snare and hi-hat parts: no two equal, and split by part where wanted."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from daw_bridge.drums.loop_parts import ROLES, Part
from daw_bridge.errors import UserError
from daw_bridge.midi.messages import DRUM_CHANNEL, note_off, note_on
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.time import SIXTEENTH, USUAL_QPM, Meter, Ticks

Pools = Mapping[str, Sequence[Part]]
"""The parts of each role."""

TRAIN, VALID = "train", "valid"
"""The splits that loops are made for, as everywhere that music is read."""

_DRAWN_AS = {VALID: "validation"}
"""The name that the draws of a split hang on: an older one, so a seed makes the same loops."""


@dataclass(frozen=True, slots=True)
class Combination:
    """The parts of one new loop, one of each role, and the split it is for; "" for none."""

    parts: tuple[Part, ...]
    split: str = ""

    @property
    def tempo_qpm(self) -> float:
        """The tempo that the parts state, else the usual one."""
        return next((part.tempo_qpm for part in self.parts if part.tempo_qpm), USUAL_QPM)

    @property
    def meter(self) -> Meter:
        """The meter of the parts."""
        return self.parts[0].meter

    @property
    def length(self) -> Ticks:
        """The length of the parts, whole bars."""
        return Ticks(self.parts[0].n_bars * self.meter.bar_length())

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


def combine(pools: Pools, count: int, seed: int, split: str = "") -> list[Combination]:
    """Draw `count` different loops; the same pools, count and seed draw the same ones.

    Raises:
        UserError: there are not that many.
    """
    total = possible(pools)
    if count > total:
        raise UserError(
            f"at most {total} loops from these parts", f"{count}", "ask for fewer, or add loops"
        )
    numbers = random.Random(f"{_DRAWN_AS.get(split, split)}{seed}")  # noqa: S311  # music
    drawn = numbers.sample(range(total), count)
    return [Combination(tuple(_parts_at(pools, number)), split) for number in drawn]


def draw(parts: Iterable[Part], count: int, seed: int, fraction: float | None) -> list[Combination]:
    """Draw `count` different loops, a fraction of them for validation where one is given.

    Raises:
        UserError: a role has no part, or there are not that many loops.
    """
    pools = pools_of(parts)
    empty = [role for role in ROLES if not pools[role]]
    if empty:
        raise UserError("kick, snare and hi-hat loops", f"no {' and no '.join(empty)}", "add some")
    if fraction is None:
        return combine(pools, count, seed)
    wanted = max(round(fraction * count), 1)
    train, valid = divided(pools, fraction, wanted, seed)
    most, others = possible(train), possible(valid)
    held_out = min(wanted, others)
    if count - held_out > most:
        raise UserError(
            f"at most {most} loops for training and {others} for validation, as the parts are"
            " split",
            f"--count {count}, {count - held_out} and {held_out} of them",
            "ask for fewer, add loops, or leave out --split",
        )
    return [
        *combine(train, count - held_out, seed, TRAIN),
        *combine(valid, held_out, seed, VALID),
    ]


def _parts_at(pools: Pools, number: int) -> Iterator[Part]:
    for role in ROLES:
        number, place = divmod(number, len(pools[role]))
        yield pools[role][place]


def divided(
    pools: Pools, fraction: float, wanted: int, seed: int
) -> tuple[dict[str, list[Part]], dict[str, list[Part]]]:
    """Divide the parts themselves, so that no loop of one split shares a part with the other.

    Parts that are the same as drum text stay together, such as a snare's and a rim's of one rhythm:
    what reads such text would see the one in training and again in validation.

    Returns:
        The pools for training and for validation. The latter has about `fraction` of each role,
        and more, up to half, where `wanted` loops cannot be made of that.

    Raises:
        UserError: a role has fewer than two different parts.
    """
    rng = random.Random(seed)  # noqa: S311  # music
    families = {role: _families(pools[role]) for role in ROLES}
    for role, each in families.items():
        if len(each) < 2:
            raise UserError(
                f"two or more different {role} loops",
                f"{len(each)}",
                "ask for fewer, or add loops",
            )
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
    train, valid = (
        {role: [part for family in both[i] for part in family] for role, both in cut.items()}
        for i in (0, 1)
    )
    return train, valid
