"""Write REAPER's live drum remap, a JSFX effect, from the drum maps; text only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daw_bridge.music.drum_map import DrumMap, Sound

FILE_NAME = "drum_remap.jsfx"

NONE = 255
"""What stands in the tables for no sound and for no note."""


def sounds_of(maps: Sequence[DrumMap]) -> list[Sound]:
    """Return what the notes of all maps play, in one order: a place is a number in the tables."""
    found = {sound for each in maps for note in range(128) if (sound := each.sound_at(note))}
    return sorted(found, key=lambda sound: (sound.pad, sound.openness or 0))


def tables(maps: Sequence[DrumMap]) -> list[tuple[list[int], list[int]]]:
    """Return for each map the sound of each note [128], and the note of each sound [n_sounds]."""
    sounds = sounds_of(maps)
    number: dict[Sound | None, int] = {sound: place for place, sound in enumerate(sounds)}
    number[None] = NONE
    return [
        (
            [number[each.sound_at(note)] for note in range(128)],
            [NONE if (note := each.note_of(sound)) is None else note for sound in sounds],
        )
        for each in maps
    ]


def remap_script(maps: Sequence[DrumMap]) -> str:
    """Write the effect: ASCII, menus of source and target, and a memory of every held key.

    Args:
        maps: in the order of the menus; fewer than 255 sounds in all.
    """
    names = ",".join(_menu_name(drum_map) for drum_map in maps)
    gm = next((place for place, each in enumerate(maps) if each.name == "gm"), 0)
    lines = [
        f"load({place}, {_text(sounds)}, {_text(notes)}); "
        f"// {_menu_name(drum_map)}: {drum_map.certainty}"
        for place, (drum_map, (sounds, notes)) in enumerate(zip(maps, tables(maps), strict=True))
    ]
    return _SCRIPT.format(
        names=names,
        gm=gm,
        last=len(maps) - 1,
        n_maps=len(maps),
        n_sounds=len(sounds_of(maps)),
        loads="\n".join(lines),
    )


def _menu_name(drum_map: DrumMap) -> str:
    """Return a map's name as a menu holds it: REAPER reads ASCII, and a comma parts two items."""
    return re.sub(r"[^A-Za-z0-9 ._+-]", "_", drum_map.name)


def _text(numbers: Sequence[int]) -> str:
    return '"' + "".join(f"{number:02x}" for number in numbers) + '"'


_SCRIPT = """\
desc:DAW Bridge drum remap
// Written by `daw-bridge drums jsfx` from presets/drum_maps: change those, not this file.
// What comes in is read with the first map and sent with the second. A note that the first does not
// know as a drum, or that the second has nothing for, is dropped: nothing passes through unmapped.
// A held key remembers what it became, so a change of map or of channel between the two ends of a
// note, or the start of playback, leaves nothing sounding. Where a key is struck again at the very
// time of its note-off, the note-off goes first, whichever came first.
// The pedal (CC4) goes through as it is and chooses no notes here; `daw-bridge drums convert` lets
// it choose notes of half-open hats. In all else the two agree.
slider1:source={gm}<0,{last},1{{{names}}}>Map of what comes in
slider2:target={gm}<0,{last},1{{{names}}}>Map of the instrument
slider3:drum_channel=0<0,16,1>Channel of the drums (0: all)

in_pin:none
out_pin:none

@init
ext_noinit = 1;
NOTHING = 255;
N_MAPS = {n_maps};
N_SOUNDS = {n_sounds};
N_KEYS = 16 * 128; // of all channels
// Memory: the sound of each note of each map, the note of each sound on each map, what is held.
sounds = 0;
notes = sounds + N_MAPS * 128;
// By channel and key: the note it became + 1, AS_IT_IS where it went through, 0 when not held; how
// often it was struck without an end; the hold of that note it has.
became = notes + N_MAPS * N_SOUNDS;
AS_IT_IS = 129;
strikes = became + N_KEYS;
hold = strikes + N_KEYS;
// By channel and note sent: how often it was begun without an end, when last, and a number that
// rises whenever keys lose hold of it.
begun = hold + N_KEYS;
begun_at = begun + N_KEYS;
holds = begun_at + N_KEYS;
// Keys that are struck at this instant, after its note-offs: channel, key and velocity of each.
struck = holds + N_KEYS;
n_struck = 0;

function digit(c) ( c >= 97 ? c - 87 : c - 48; );

function unpack(to, text, n) local(i) (
  i = 0;
  loop(n,
    to[i] = digit(str_getchar(text, 2 * i)) * 16 + digit(str_getchar(text, 2 * i + 1));
    i += 1;
  );
);

function load(place, sounds_text, notes_text) (
  unpack(sounds + place * 128, sounds_text, 128);
  unpack(notes + place * N_SOUNDS, notes_text, N_SOUNDS);
);

function translated(key) local(sound) (
  sound = sounds[source * 128 + key];
  sound == NOTHING ? NOTHING : (source == target ? key : notes[target * N_SOUNDS + sound]);
);

// End a note as often as it was begun; no key holds it any more.
function silence(at, channel, note) local(place) (
  place = channel * 128 + note;
  loop(begun[place], midisend(at, 128 + channel, note, 0));
  begun[place] = 0;
  holds[place] = holds[place] + 1;
);

// End one strike of a key.
function end_key(at, channel, key, velocity) local(slot, place) (
  slot = channel * 128 + key;
  became[slot] > 0 ? (
    place = channel * 128 + became[slot] - 1;
    became[slot] == AS_IT_IS ? (
      midisend(at, 128 + channel, key, velocity);
    ) : (
      hold[slot] == holds[place] ? (
        begun[place] = begun[place] - 1;
        midisend(at, 128 + channel, became[slot] - 1, velocity);
      );
    );
    strikes[slot] = strikes[slot] - 1;
    strikes[slot] <= 0 ? became[slot] = 0;
  );
);

// End what a key holds, unless that is a note.
function let_go(at, channel, key, note) local(slot) (
  slot = channel * 128 + key;
  became[slot] > 0 && became[slot] != note + 1 ? (
    loop(strikes[slot], end_key(at, channel, key, 0));
  );
);

// A note that another key holds ends where this one begins, unless both begin at once.
function start_key(at, channel, key, velocity) local(slot, note, place) (
  slot = channel * 128 + key;
  note = translated(key);
  let_go(at, channel, key, note);
  note != NOTHING ? (
    place = channel * 128 + note;
    became[slot] == 0 || hold[slot] != holds[place] ? (
      begun[place] > 0 && begun_at[place] != instant ? silence(at, channel, note);
      became[slot] = note + 1;
      strikes[slot] = 0;
      hold[slot] = holds[place];
    );
    strikes[slot] = strikes[slot] + 1;
    begun[place] = begun[place] + 1;
    begun_at[place] = instant;
    midisend(at, 144 + channel, note, velocity);
  );
);

function strike_key(channel, key, velocity) local(place) (
  place = struck + 3 * n_struck;
  place[0] = channel;
  place[1] = key;
  place[2] = velocity;
  n_struck += 1;
);

function start_those_struck() local(place) (
  place = struck;
  loop(n_struck,
    start_key(now, place[0], place[1], place[2]);
    place += 3;
  );
  n_struck = 0;
);

function release_key(at, channel, key, velocity) (
  became[channel * 128 + key] == 0 ? start_those_struck(); // a note without length
  end_key(at, channel, key, velocity);
);

function pass_key(at, channel, key, velocity) local(slot) (
  slot = channel * 128 + key;
  let_go(at, channel, key, AS_IT_IS - 1);
  strikes[slot] = became[slot] > 0 ? strikes[slot] + 1 : 1;
  became[slot] = AS_IT_IS;
  midisend(at, 144 + channel, key, velocity);
);

function press_key(at, channel, key, pressure) local(note) (
  note = became[channel * 128 + key];
  note = note == AS_IT_IS ? key : (note > 0 ? note - 1 : translated(key));
  note != NOTHING ? midisend(at, 160 + channel, note, pressure);
);

{loads}

@block
now = 0;
instant += 1;
while (midirecv(at, msg1, msg2, msg3)) (
  kind = msg1 & 240;
  channel = msg1 & 15;
  is_key = kind == 128 || kind == 144;
  at != now || is_key == 0 ? start_those_struck();
  at != now ? (
    now = at;
    instant += 1;
  );
  held = is_key || kind == 160 ? became[channel * 128 + msg2] : 0;
  ours = drum_channel == 0 || channel == drum_channel - 1;
  kind == 144 && msg3 > 0 ? (
    ours ? strike_key(channel, msg2, msg3) : pass_key(at, channel, msg2, msg3);
  ) : (
    (is_key || kind == 160) && (ours || held > 0) ? (
      kind == 160 ? (
        press_key(at, channel, msg2, msg3);
      ) : (
        release_key(at, channel, msg2, kind == 128 ? msg3 : 0);
      );
    ) : (
      midisend(at, msg1, msg2, msg3);
    );
  );
);
start_those_struck();
"""
