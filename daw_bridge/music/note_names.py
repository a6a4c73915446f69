"""Write a drum map's note names as the DAWs read them; text in, text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.sax.saxutils import quoteattr

from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.notes import note_name


def named_notes(drum_map: DrumMap) -> dict[int, str]:
    """Return what each note of a map is, in the order of the notes."""
    labels = ((note, drum_map.label(note)) for note in range(128))
    return {note: label for note, label in labels if label is not None}


def reaper(drum_map: DrumMap) -> str:
    """Write a note-name file of REAPER (MIDI editor, File, Note/CC names, Load)."""
    lines = [f"{note} {name}" for note, name in sorted(named_notes(drum_map).items(), reverse=True)]
    return "\n".join(["# MIDI note/CC name map", *lines, ""])


def ableton(drum_map: DrumMap) -> str:
    """Write the pads of a Drum Rack as text, lowest first, named as Live does (60 is C3).

    Live reads no note names from a file: this is the list to lay out or to check a rack by.
    """
    lines = [
        f"{note_name(note):28} receives {note:3}  {name}"
        for note, name in named_notes(drum_map).items()
    ]
    return "\n".join([f"{drum_map.title}: pads of a Drum Rack", *lines, ""])


def cubase(drum_map: DrumMap) -> str:
    """Write a drum map of Cubase (`.drm`): every note sends itself, named ones come first."""
    names = named_notes(drum_map)
    order = [*names, *(note for note in range(128) if note not in names)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            "<DrumMap>",
            f'   <string name="Name" value={quoteattr(drum_map.title)} wide="true"/>',
            *_quantize(),
            '   <list name="Map" type="list">',
            *(line for note in range(128) for line in _cubase_item(note, names)),
            "   </list>",
            '   <list name="Order" type="int">',
            *(f'      <item value="{note}"/>' for note in order),
            "   </list>",
            "</DrumMap>",
            "",
        ]
    )


def _quantize() -> list[str]:
    return [
        '   <list name="Quantize" type="list">',
        "      <item>",
        '         <int name="Grid" value="4"/>',
        '         <int name="Type" value="0"/>',
        '         <float name="Swing" value="0"/>',
        '         <int name="Legato" value="50"/>',
        "      </item>",
        "   </list>",
    ]


def _cubase_item(note: int, names: Mapping[int, str]) -> list[str]:
    fields = [("INote", note), ("ONote", note), ("Channel", -1), ("Length", 200), ("Mute", 0)]
    fields += [("DisplayNote", note), ("HeadSymbol", 0), ("Voice", 0), ("PortIndex", 0)]
    lines = [
        f'         <{"float" if key == "Length" else "int"} name="{key}" value="{value}"/>'
        for key, value in fields
    ]
    name = quoteattr(names.get(note, ""))
    lines.append(f'         <string name="Name" value={name} wide="true"/>')
    lines.append('         <int name="QuantizeIndex" value="0"/>')
    return ["      <item>", *lines, "      </item>"]


WRITERS: Mapping[str, tuple[Callable[[DrumMap], str], str]] = {
    "reaper": (reaper, ".txt"),
    "ableton": (ableton, ".txt"),
    "cubase": (cubase, ".drm"),
}
"""How each DAW's file is written, and its ending."""
