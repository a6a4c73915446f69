"""Tell the drum of a loop by its file name: `Hi-Hat Open 3` is an open hi-hat.

Case, separators and numbering do not matter, and folders count where the name itself says nothing.
Nothing is guessed: a name of two drums, or of none, has no drum and a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from daw_bridge.music.drums import DRUMS

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+|\d+")

HAT, PERC, WEAK_KICK = "any hi-hat", "any percussion", "808"
"""Names that say less than a drum: more words may say which."""

_PHRASES = {
    "kick": "kick, kik, kck, bd, bass drum, bassdrum",
    "snare": "snare, snr, sn, sd, snare drum",
    "side-stick": "rim, rimclick, rim click, side stick, sidestick, cross stick, xstick, x stick",
    "rimshot": "rimshot, rim shot",
    "clap": "clap, clp, cp, hand clap, handclap",
    "closed-hat": "ch, chh, hhc, hh c, c hat",
    "open-hat": "oh, ohh, hho, hh o, o hat",
    "pedal-hat": "phh, hhp, hh p",
    HAT: "hh, hat, hihat, hi hat, high hat, highhat",
    "low-tom": "tom, mid tom, midtom, tom mid, mtom, mt",
    "high-tom": "high tom, hi tom, hitom, tom high, tom hi, htom, ht",
    "low-floor-tom": "low tom, lo tom, lowtom, tom low, tom lo, ltom, lt, floor tom, tom floor",
    "crash": "crash, cymbal, cym, crash cymbal",
    "ride": "ride, rd, ride cymbal",
    "ride-bell": "ride bell, ridebell",
    "china": "china, chinese, china cymbal",
    "splash": "splash, splash cymbal",
    "tambourine": "tambourine, tamb, tambo",
    "cowbell": "cowbell, cow bell, cb",
    "shaker": "shaker, shk, shake",
    "maracas": "maracas, maraca",
    "cabasa": "cabasa",
    "high-bongo": "bongo, high bongo, hi bongo",
    "low-bongo": "low bongo, lo bongo",
    "open-conga": "conga, open conga, high conga, hi conga",
    "mute-conga": "mute conga, muted conga",
    "low-conga": "low conga, lo conga",
    "high-timbale": "timbale, high timbale, hi timbale",
    "low-timbale": "low timbale, lo timbale",
    "high-agogo": "agogo, high agogo, hi agogo",
    "low-agogo": "low agogo, lo agogo",
    "claves": "clave, claves, clv",
    "high-wood-block": "wood block, woodblock, block",
    "sticks": "stick, sticks",
    "castanets": "castanet, castanets",
    "vibraslap": "vibraslap",
    "open-triangle": "triangle, tri",
    "short-guiro": "guiro",
    "short-whistle": "whistle",
    "jingle-bell": "jingle bell, jingle, sleigh bell",
    PERC: "perc, percussion, prc",
    WEAK_KICK: "808",
}

_OPEN = {"open", "opened", "opn"}
_CLOSED = {"closed", "close", "cls", "clsd", "tight"}
_PEDAL = {"pedal", "foot", "ped"}

PERC_DRUM = "high-bongo"
"""What a loop is that only says percussion; General MIDI has no such drum, so a choice of ours."""

_HATS = {"closed-hat", "open-hat", "pedal-hat"}
_PERC_FAMILIES = {"hand-drum", "bell", "wood", "shaker", "triangle", "guiro", "whistle", "cuica"}


def words(text: str) -> tuple[str, ...]:
    """Split a name into its words: `HiHat_Open-03` gives hi, hat, open, 03."""
    return tuple(word.lower() for word in _WORD.findall(text))


def phrases(table: Mapping[str, Iterable[str]]) -> dict[tuple[str, ...], str]:
    """Turn drum -> names into words -> drum."""
    return {words(name): drum for drum, names in table.items() for name in names}


BUILT_IN = phrases({drum: names.split(", ") for drum, names in _PHRASES.items()})


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold a user's own words -> drum; where one of them is found, the built-in ones are silent."""

    own: Mapping[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Naming:
    """Say what drum a loop is, or why that cannot be told."""

    drum: str | None
    reason: str


def name_loop(parts: Iterable[str], rules: Rules | None = None) -> Naming:
    """Name the drum of a loop from its path: its folders, outermost first, then its name.

    The name itself decides; where it says nothing, the folders do, the innermost first. Whether a
    hi-hat is open may stand anywhere.
    """
    own = (rules or Rules()).own
    folders = [words(part) for part in parts]
    everything = {word for part in folders for word in part}
    for depth, part in enumerate(reversed(folders)):
        built_in = _found(part, BUILT_IN)
        if depth and set(part) - {WEAK_KICK, "s"}:
            built_in.discard(WEAK_KICK)  # a folder "808 Kit" is a kit and no drum
        found = _found(part, own) or _resolved(built_in, part, everything)
        if len(found) > 1:
            return Naming(None, f"it names {' and '.join(sorted(found))}")
        if found:
            return Naming(found.pop(), "named")
    return Naming(None, "it names no drum")


def _found(part: tuple[str, ...], table: Mapping[tuple[str, ...], str]) -> set[str]:
    """Find the drums that words name, the longest phrase first at each place."""
    longest = max(map(len, table), default=0)
    found, place = set[str](), 0
    while place < len(part):
        for length in range(longest, 0, -1):
            drum = _looked_up(part[place : place + length], table)
            if drum:
                found.add(drum)
                place += length
                break
        else:
            place += 1
    return found


def _looked_up(phrase: tuple[str, ...], table: Mapping[tuple[str, ...], str]) -> str | None:
    """Look up words; the last one may be a plural."""
    if not phrase:
        return None
    single = (*phrase[:-1], phrase[-1].removesuffix("s"))
    return table.get(phrase) or table.get(single)


def _resolved(found: set[str], part: tuple[str, ...], everything: set[str]) -> set[str]:
    """Make drums of the names that say less, with the words around them."""
    if HAT in found and not found & _HATS:
        near = set(part) if set(part) & (_OPEN | _CLOSED | _PEDAL) else everything
        found |= set(_openness(near)) or {"closed-hat"}
    found.discard(HAT)
    if PERC in found:
        found.discard(PERC)
        if not any(DRUMS[drum].family in _PERC_FAMILIES for drum in found if drum in DRUMS):
            found.add(PERC_DRUM)
    if WEAK_KICK in found:
        found.discard(WEAK_KICK)
        return found or {"kick"}
    return found


def _openness(near: set[str]) -> Iterator[str]:
    kinds = ((_OPEN, "open-hat"), (_CLOSED, "closed-hat"), (_PEDAL, "pedal-hat"))
    return (drum for kind, drum in kinds if near & kind)
