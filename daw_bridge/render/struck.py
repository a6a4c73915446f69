"""Which of nine drums stands for a note of General MIDI's percussion."""

from __future__ import annotations

from daw_bridge.music.gm_drums import CLASS_OF, DRUM_AT, DRUM_CLASSES

_NEAREST = {
    "kick": "kick",
    "snare": "snare",
    "tom": "mid-tom",
    "hand-drum": "high-tom",
    "cuica": "low-tom",
    "cymbal": "crash",
    "bell": "ride",
    "triangle": "ride",
    "effect": "snare",
}
"""By the family of a drum; what is struck shortly and brightly is a closed hi-hat."""

HATS = ("closed-hat", "open-hat")


def drum_at(pitch: int) -> str:
    """Return the name of the drum class that a note is played on, such as "kick"."""
    if pitch in CLASS_OF:
        return DRUM_CLASSES[CLASS_OF[pitch]].name
    drum = DRUM_AT.get(pitch)
    return "closed-hat" if drum is None else _NEAREST.get(drum.family, "closed-hat")
