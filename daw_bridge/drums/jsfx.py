"""Write REAPER's live drum remap, a JSFX effect, from the drum maps; text only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daw_bridge.music.drum_map import DrumMap

FILE_NAME = "drum_remap.jsfx"

NONE = 255
"""What stands in the tables for no pad and for no note."""


def pad_names(maps: Sequence[DrumMap]) -> list[str]:
    """Give the pads of all maps in one order: their place is their number in the tables."""
    return sorted({pad.drum for drum_map in maps for pad in drum_map.pads})


def tables(maps: Sequence[DrumMap]) -> list[tuple[list[int], list[int]]]:
    """Give for each map the pad of each note [128], and the note of each pad [n_pads]."""
    names = pad_names(maps)
    number = {name: place for place, name in enumerate(names)}
    return [
        (
            [number.get(drum_map.pad_at(note) or "", NONE) for note in range(128)],
            [NONE if (n := drum_map.note_for(name)) is None else n for name in names],
        )
        for drum_map in maps
    ]


def remap_script(maps: Sequence[DrumMap]) -> str:
    """Write the effect: ASCII, menus of source and target, and a memory of every held key.

    Args:
        maps: in the order of the menus; fewer than 255 pads in all.
    """
    n_pads = len(pad_names(maps))
    names = ",".join(_menu_name(drum_map) for drum_map in maps)
    gm = next((place for place, each in enumerate(maps) if each.name == "gm"), 0)
    last = len(maps) - 1
    lines = [
        f"load({place}, {_text(pads)}, {_text(notes)}); "
        f"// {_menu_name(drum_map)}: {drum_map.certainty}"
        for place, (drum_map, (pads, notes)) in enumerate(zip(maps, tables(maps), strict=True))
    ]
    return _SCRIPT.format(
        names=names, gm=gm, last=last, n_maps=len(maps), n_pads=n_pads, loads="\n".join(lines)
    )


def _menu_name(drum_map: DrumMap) -> str:
    """Give a map's name as a menu can hold it: REAPER reads ASCII, and a comma parts two items."""
    return re.sub(r"[^A-Za-z0-9 ._+-]", "_", drum_map.name)


def _text(numbers: Sequence[int]) -> str:
    return '"' + "".join(f"{number:02x}" for number in numbers) + '"'


_SCRIPT = """\
desc:DAW Bridge drum remap
// Written by `daw-bridge drums jsfx` from presets/drum_maps: change those, not this file.
// What comes in is read with the first map and sent with the second. A note that the first does not
// know as a drum, or that the second has nothing for, is dropped: nothing passes through unmapped.
// A held key remembers what it became, so a change of map or of channel between the two ends of a
// note, or the start of playback, leaves nothing sounding. The pedal (CC4) goes through as it is
// and chooses no notes here; `daw-bridge drums convert` lets it choose notes of half-open hats.
slider1:source={gm}<0,{last},1{{{names}}}>Map of what comes in
slider2:target={gm}<0,{last},1{{{names}}}>Map of the instrument
slider3:drum_channel=0<0,16,1>Channel of the drums (0: all)

in_pin:none
out_pin:none

@init
ext_noinit = 1;
NOTHING = 255;
N_MAPS = {n_maps};
N_PADS = {n_pads};
// Memory: the pad of each note of each map, the note of each pad of each map, then what is held.
pads = 0;
notes = pads + N_MAPS * 128;
// By channel and key: the note it became + 1, AS_IT_IS where it went through, 0 when not held.
became = notes + N_MAPS * N_PADS;
AS_IT_IS = 129;
owner = became + 16 * 128; // by channel and note sent: the key that holds it + 1, 0 when silent

function digit(c) ( c >= 97 ? c - 87 : c - 48; );

function unpack(to, text, n) local(i) (
  i = 0;
  loop(n,
    to[i] = digit(str_getchar(text, 2 * i)) * 16 + digit(str_getchar(text, 2 * i + 1));
    i += 1;
  );
);

function load(place, pads_text, notes_text) (
  unpack(pads + place * 128, pads_text, 128);
  unpack(notes + place * N_PADS, notes_text, N_PADS);
);

function translated(key) local(pad) (
  pad = pads[source * 128 + key];
  pad == NOTHING ? NOTHING : notes[target * N_PADS + pad];
);

function end_key(at, channel, key, velocity) local(slot, note) (
  slot = became + channel * 128 + key;
  slot[0] == AS_IT_IS ? (
    slot[0] = 0;
    midisend(at, 128 + channel, key, velocity);
  ) : (
    slot[0] > 0 ? (
      note = slot[0] - 1;
      slot[0] = 0;
      owner[channel * 128 + note] == key + 1 ? (
        owner[channel * 128 + note] = 0;
        midisend(at, 128 + channel, note, velocity);
      );
    );
  );
);

function start_key(at, channel, key, velocity) local(note) (
  end_key(at, channel, key, 0);
  note = translated(key);
  note != NOTHING ? (
    owner[channel * 128 + note] > 0 ? midisend(at, 128 + channel, note, 0);
    owner[channel * 128 + note] = key + 1;
    became[channel * 128 + key] = note + 1;
    midisend(at, 144 + channel, note, velocity);
  );
);

function pass_key(at, channel, key, velocity) local(slot) (
  slot = became + channel * 128 + key;
  slot[0] != AS_IT_IS ? end_key(at, channel, key, 0);
  slot[0] = AS_IT_IS;
  midisend(at, 144 + channel, key, velocity);
);

function press_key(at, channel, key, pressure) local(note) (
  note = became[channel * 128 + key];
  note = note == AS_IT_IS ? key : (note > 0 ? note - 1 : translated(key));
  note != NOTHING ? midisend(at, 160 + channel, note, pressure);
);

{loads}

@block
while (midirecv(at, msg1, msg2, msg3)) (
  kind = msg1 & 240;
  channel = msg1 & 15;
  held = kind >= 128 && kind <= 160 ? became[channel * 128 + msg2] : 0;
  ours = drum_channel == 0 || channel == drum_channel - 1;
  kind == 144 && msg3 > 0 ? (
    ours ? start_key(at, channel, msg2, msg3) : pass_key(at, channel, msg2, msg3);
  ) : (
    kind >= 128 && kind <= 160 && (ours || held > 0) ? (
      kind == 160 ? (
        press_key(at, channel, msg2, msg3);
      ) : (
        end_key(at, channel, msg2, kind == 128 ? msg3 : 0);
      );
    ) : (
      midisend(at, msg1, msg2, msg3);
    );
  );
);
"""
