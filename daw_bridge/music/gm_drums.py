"""The names of drums: General MIDI's and GM2's notes 27..87, their families, and nine classes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drum:
    """One canonical drum.

    `note` is its General MIDI number (27..34 and 82..87 are GM2's), which `Bar`s carry; `name` is
    what drum map files call it; `label` is what a musician reads; `family` holds the drums that
    may stand in for each other.
    """

    note: int
    name: str
    label: str
    family: str


_TABLE = """
27 high-q              effect     High Q
28 slap                effect     Slap
29 scratch-push        effect     Scratch Push
30 scratch-pull        effect     Scratch Pull
31 sticks              wood       Sticks
32 square-click        click      Square Click
33 metronome-click     click      Metronome Click
34 metronome-bell      click      Metronome Bell
35 kick-2              kick       Kick 2
36 kick                kick       Kick
37 side-stick          snare      Side Stick
38 snare               snare      Snare
39 clap                snare      Clap
40 rimshot             snare      Rimshot
41 low-floor-tom       tom        Low Floor Tom
42 closed-hat          hi-hat     Closed Hi-Hat
43 high-floor-tom      tom        High Floor Tom
44 pedal-hat           hi-hat     Pedal Hi-Hat
45 low-tom             tom        Low Tom
46 open-hat            hi-hat     Open Hi-Hat
47 low-mid-tom         tom        Low-Mid Tom
48 hi-mid-tom          tom        Hi-Mid Tom
49 crash               cymbal     Crash 1
50 high-tom            tom        High Tom
51 ride                cymbal     Ride
52 china               cymbal     China
53 ride-bell           cymbal     Ride Bell
54 tambourine          shaker     Tambourine
55 splash              cymbal     Splash
56 cowbell             bell       Cowbell
57 crash-2             cymbal     Crash 2
58 vibraslap           wood       Vibraslap
59 ride-2              cymbal     Ride 2
60 high-bongo          hand-drum  High Bongo
61 low-bongo           hand-drum  Low Bongo
62 mute-conga          hand-drum  Mute High Conga
63 open-conga          hand-drum  Open High Conga
64 low-conga           hand-drum  Low Conga
65 high-timbale        hand-drum  High Timbale
66 low-timbale         hand-drum  Low Timbale
67 high-agogo          bell       High Agogo
68 low-agogo           bell       Low Agogo
69 cabasa              shaker     Cabasa
70 maracas             shaker     Maracas
71 short-whistle       whistle    Short Whistle
72 long-whistle        whistle    Long Whistle
73 short-guiro         guiro      Short Guiro
74 long-guiro          guiro      Long Guiro
75 claves              wood       Claves
76 high-wood-block     wood       High Wood Block
77 low-wood-block      wood       Low Wood Block
78 mute-cuica          cuica      Mute Cuica
79 open-cuica          cuica      Open Cuica
80 mute-triangle       triangle   Mute Triangle
81 open-triangle       triangle   Open Triangle
82 shaker              shaker     Shaker
83 jingle-bell         shaker     Jingle Bell
84 bell-tree           bell       Bell Tree
85 castanets           wood       Castanets
86 mute-surdo          hand-drum  Mute Surdo
87 open-surdo          hand-drum  Open Surdo
"""


def _drum(line: str) -> Drum:
    note, name, family, label = line.split(None, 3)
    return Drum(int(note), name, label, family)


DRUMS: dict[str, Drum] = {drum.name: drum for drum in map(_drum, _TABLE.strip().splitlines())}
"""The 61 canonical drums by name, in the order of their notes."""

DRUM_AT: dict[int, Drum] = {drum.note: drum for drum in DRUMS.values()}
"""The canonical drums by note."""

ARTICULATIONS = ("bell", "edge", "half", "rim", "splash", "tip")
"""What a map may tell apart on one drum, as `closed-hat/edge`; another map takes it as the drum."""


@dataclass(frozen=True, slots=True)
class DrumClass:
    """One of the nine classes of the drum word.

    `pitch` is the canonical note that a class is written back as; `folds` are the other notes that
    are read as it. They are those of the Groove MIDI Dataset's kit, so 22, 26 and 58 are the edges
    of its hi-hat and the rim of its third tom.
    """

    name: str
    pitch: int
    folds: tuple[int, ...] = ()


DRUM_CLASSES: tuple[DrumClass, ...] = (
    DrumClass("kick", 36, (35,)),
    DrumClass("snare", 38, (37, 40)),
    DrumClass("closed-hat", 42, (22, 44, 54)),
    DrumClass("open-hat", 46, (26,)),
    DrumClass("low-tom", 41, (43, 58)),
    DrumClass("mid-tom", 45, (47,)),
    DrumClass("high-tom", 48, (50,)),
    DrumClass("ride", 51, (53, 59)),
    DrumClass("crash", 49, (52, 55, 57)),
)
"""The nine classes in the order of the drum word, leftmost bit first."""

CLASS_OF: dict[int, int] = {
    pitch: index
    for index, drum_class in enumerate(DRUM_CLASSES)
    for pitch in (drum_class.pitch, *drum_class.folds)
}
"""The index in `DRUM_CLASSES` of each note that one of them takes."""


def drum_of(pad: str) -> Drum | None:
    """Return the drum of a pad name, `closed-hat` or `closed-hat/edge`; None if there is none."""
    name, _, articulation = pad.partition("/")
    if "/" in pad and articulation not in ARTICULATIONS:
        return None
    return DRUMS.get(name)


def label_of(pad: str) -> str:
    """Return what a musician calls a pad: `Closed Hi-Hat` or `Closed Hi-Hat edge`."""
    name, _, articulation = pad.partition("/")
    return f"{DRUMS[name].label} {articulation}".strip()
