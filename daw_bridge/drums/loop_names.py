"""The drum of a loop by its file name: `Hi-Hat Open 3` is an open hi-hat.

Case, separators and numbering do not matter, and folders count where the name itself says nothing.
Nothing is guessed: a name of two drums, of none, or of something that may be several has no drum
and a reason. A name that says less than General MIDI tells apart, such as `Tom`, is taken as one of
them that is written down here, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from daw_bridge.music.gm_drums import DRUMS

_WORD = re.compile(
    r"\d+(?:st|nd|rd|th)(?![a-z])|[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+|\d+"
)

_LOOP = re.compile(r"(?<=..)(loops?)$")
"""What is written onto a drum's name: `kickloop`."""

_PHRASES = {
    "kick": "kick, kik, kck, bd, bass drum, bassdrum, kick drum",
    "snare": "snare, snr, sn, sd, snare drum",
    "rimshot": "rimshot, rim shot",
    "side-stick": "rimclick, rim click, side stick, sidestick, cross stick, xstick, x stick",
    "clap": "clap, clp, cp, hand clap, handclap",
    "closed-hat": "ch, chh, hhc, c hat, c hi hat, hh c, hat c, hihat c, hi hat c",
    "open-hat": "oh, ohh, hho, o hat, o hi hat, hh o, hat o, hihat o, hi hat o",
    "pedal-hat": "phh, hhp, p hat, p hi hat, hh p, hat p, hihat p, hi hat p",
    "crash": "crash, crash cymbal, crash cym",
    "ride": "ride, rd, ride cymbal, ride cym",
    "ride-bell": "ride bell, ridebell",
    "china": "china, chinese, china cymbal, chinese cymbal, china cym",
    "splash": "splash, splash cymbal, splash cym",
    "tambourine": "tambourine, tamb, tambo",
    "cowbell": "cowbell, cow bell, cb",
    "shaker": "shaker, shk",
    "maracas": "maracas, maraca",
    "cabasa": "cabasa",
    "claves": "clave, claves, clv",
    "castanets": "castanet, castanets",
    "vibraslap": "vibraslap",
    "jingle-bell": "jingle bell, sleigh bell",
}

_FLOOR = "floor tom"
GENERAL: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "hi-hat": (
        "hh, hat, hihat, hi hat, high hat, highhat",
        "closed-hat",
        {"open": "open-hat", "closed": "closed-hat", "pedal": "pedal-hat"},
    ),
    "tom": (
        "tom",
        "low-tom",
        {"high": "high-tom", "mid": "low-tom", "low": "low-floor-tom", "floor": "low-floor-tom"},
    ),
    _FLOOR: (
        "floor tom, tom floor",
        "low-floor-tom",
        {"low": "low-floor-tom", "high": "high-floor-tom"},
    ),
    "bongo": ("bongo", "high-bongo", {"high": "high-bongo", "low": "low-bongo"}),
    "conga": (
        "conga",
        "open-conga",
        {"open": "open-conga", "high": "open-conga", "mute": "mute-conga", "low": "low-conga"},
    ),
    "timbale": ("timbale", "high-timbale", {"high": "high-timbale", "low": "low-timbale"}),
    "agogo": ("agogo", "high-agogo", {"high": "high-agogo", "low": "low-agogo"}),
    "wood block": (
        "wood block, woodblock",
        "high-wood-block",
        {"high": "high-wood-block", "low": "low-wood-block"},
    ),
    "triangle": ("triangle", "open-triangle", {"open": "open-triangle", "mute": "mute-triangle"}),
    "guiro": ("guiro", "short-guiro", {"short": "short-guiro", "long": "long-guiro"}),
    "whistle": ("whistle", "short-whistle", {"short": "short-whistle", "long": "long-whistle"}),
    "rim": ("rim", "side-stick", {}),
    "808": ("808", "kick", {}),
    "perc": ("perc, percussion, prc", "high-bongo", {}),
}
"""Names that say less than a drum: how they are written, the drum that they are taken as, and the
drums that a word beside them makes of them."""

UNCLEAR = {
    "a cymbal": "cymbal, cym",
    "a bell": "bell",
    "a stick": "stick, sticks",
    "a bass": "bass, sub bass, subbass",
    "another instrument": "synth, piano, guitar, vocal, vox, melody, chord, arp, lead",
}
"""Names of what may be several drums, or none."""

_QUALITIES = {
    "open": {"open", "opened", "opn"},
    "closed": {"closed", "close", "cls", "clsd"},
    "pedal": {"pedal", "foot", "ped"},
    "high": {"high", "hi"},
    "mid": {"mid", "middle"},
    "low": {"low", "lo"},
    "floor": {"floor"},
    "mute": {"mute", "muted", "closed"},
    "short": {"short"},
    "long": {"long"},
}

_JOINED = {"htom": "high tom", "hitom": "hi tom", "ht": "high tom", "mtom": "mid tom"} | {
    "midtom": "mid tom",
    "mt": "mid tom",
    "ltom": "low tom",
    "lowtom": "low tom",
    "lt": "low tom",
}
"""Words that are two."""

_HATS = {"closed-hat", "open-hat", "pedal-hat"}
_PERC_FAMILIES = {"hand-drum", "bell", "wood", "shaker", "triangle", "guiro", "whistle", "cuica"}


def words(text: str) -> tuple[str, ...]:
    """Split a name into its words: `HiHat_Open-03` gives hi, hat, open, 03."""
    found = (_LOOP.sub(r" \1", word.lower()) for word in _WORD.findall(text))
    found = (part for word in found for part in word.split())
    return tuple(part for word in found for part in _JOINED.get(word, word).split())


def phrases(table: Mapping[str, Iterable[str]]) -> dict[tuple[str, ...], str]:
    """Turn drum -> names into words -> drum."""
    return {words(name): drum for drum, names in table.items() for name in names}


BUILT_IN = phrases(
    {drum: names.split(", ") for drum, names in _PHRASES.items()}
    | {name: names.split(", ") for name, (names, _, _) in GENERAL.items()}
    | {name: names.split(", ") for name, names in UNCLEAR.items()}
)
"""Words -> a drum, a name in `GENERAL`, or one in `UNCLEAR`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A user's own words -> drum; where one of them is found, the built-in ones are silent."""

    own: Mapping[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Naming:
    """What drum a loop is, or why that cannot be told.

    `taken_for` is the name that said no more, such as `tom`, where a choice of ours made it a drum.
    `folder` is the folder that named it, where its own name did not.
    """

    drum: str | None
    reason: str
    taken_for: str = ""
    folder: str = ""


def path_names(folder: Path, path: Path) -> list[str]:
    """Return what may name a loop: the folders it lies in, outermost first, then its own name."""
    inside = path.relative_to(folder)
    return [folder.resolve().name, *inside.parts[:-1], inside.stem]


def name_loop(parts: Iterable[str], rules: Rules | None = None) -> Naming:
    """Name the drum of a loop from its path: its folders, outermost first, then its name.

    The name itself decides; where it says nothing, the folders do, the innermost first. Whether a
    hi-hat is open may stand anywhere.
    """
    own = (rules or Rules()).own
    names = list(parts)
    folders = [words(name) for name in names]
    for depth, part in enumerate(reversed(folders)):
        folder = names[-1 - depth] if depth else ""
        mine, _ = _found(part, own)
        if len(mine) == 1:
            return Naming(mine.pop(), "named", folder=folder)
        found, left = (mine, ()) if mine else _found(part, BUILT_IN)
        if depth and left:
            found.discard("808")  # a folder "808 Kit" is a kit and no drum
        if found:
            return replace(_resolved(found, left, folders), folder=folder)
    return Naming(None, "it names no drum")


def _found(
    part: tuple[str, ...], table: Mapping[tuple[str, ...], str]
) -> tuple[set[str], tuple[str, ...]]:
    """Find what words name, the longest phrase first at each place.

    Returns:
        What is named, and the words in between, without numbers.
    """
    longest = max(map(len, table), default=0)
    found, left, place = set[str](), list[str](), 0
    while place < len(part):
        for length in range(longest, 0, -1):
            drum = _looked_up(part[place : place + length], table)
            if drum:
                found.add(drum)
                place += length
                break
        else:
            if not part[place][0].isdecimal() and part[place] != "s":
                left.append(part[place])
            place += 1
    return found, tuple(left)


def _looked_up(phrase: tuple[str, ...], table: Mapping[tuple[str, ...], str]) -> str | None:
    """Look up words; the last one may be a plural."""
    if not phrase:
        return None
    single = (*phrase[:-1], phrase[-1].removesuffix("s"))
    return table.get(phrase) or table.get(single)


def _resolved(found: set[str], left: tuple[str, ...], folders: Iterable[tuple[str, ...]]) -> Naming:
    """Make one drum of what is named, with the words around it, or say why not."""
    drums, unclear = found & DRUMS.keys(), found & UNCLEAR.keys()
    general = found & GENERAL.keys()
    if "808" in general and (left or len(found) > 1):
        general.discard("808")  # a machine, or a bass, unless it says no more
        unclear |= set() if drums or general or unclear else {"an 808: a kick or a bass"}
    others = drums | {GENERAL[name][1] for name in general - {"perc"}}
    if any(DRUMS[drum].family in _PERC_FAMILIES for drum in others):
        general.discard("perc")
    if "rim" in general and "rimshot" in drums:
        general.discard("rim")
    if unclear == {"a cymbal"} and drums and all(DRUMS[d].family == "cymbal" for d in drums):
        unclear = set()
    taken_for = ""
    for name in general:
        made = _qualified(name, left, folders)
        if not made and not (name == "hi-hat" and drums & _HATS) and GENERAL[name][1] not in drums:
            made, taken_for = {GENERAL[name][1]}, name
        drums |= made
    if drums & _HATS:
        drums |= _qualified("hi-hat", left, ())
    if unclear or len(drums) > 1:
        return Naming(None, f"it names {' and '.join(sorted(drums) + sorted(unclear))}")
    return Naming(drums.pop(), "named", taken_for)


def _qualified(name: str, left: Iterable[str], folders: Iterable[tuple[str, ...]]) -> set[str]:
    """Return the drums that words make of a name; where none does, a folder such as `Open` may."""
    made = GENERAL[name][2]
    found = {drum for quality, drum in made.items() if _QUALITIES[quality] & set(left)}
    if "mid" in made and {"high-tom", "low-tom"} <= found:
        return {"hi-mid-tom"}
    if "mid" in made and {"low-floor-tom", "low-tom"} <= found:
        return {"low-mid-tom"}
    if found or name != "hi-hat":
        return found
    for folder in folders:
        named, others = _found(folder, BUILT_IN)
        if named <= {name} and others and all(each in _PLAIN for each in others):
            found |= _qualified(name, others, ())
    return found


_PLAIN = _QUALITIES["open"] | _QUALITIES["closed"] | _QUALITIES["pedal"] | {"loop", "loops"}
"""Words of a folder's name that say nothing but how open a hi-hat is."""
