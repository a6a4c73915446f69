"""Ardour, a DAW that is driven by its Lua interpreter, without a window and without sound card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError
from daw_bridge.files import read_text
from daw_bridge.midi import files
from daw_bridge.midi.files import Score
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import Ticks
from daw_bridge.render.ardour_session import with_song
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from daw_bridge.render.played import score_of
from daw_bridge.render.program import home_for, run
from daw_bridge.render.tracks import Name, Track, channels_of

LUA, EXPORT = "ardour7-lua", "ardour7-export"
LARGEST_BYTES = 64 << 20
SAID = "daw-bridge: "
"""How a line begins in which our script says what is wrong."""


class ArdourTrack(Track):
    """A track: `instrument` is the name of an LV2 plugin, or its URI.

    `parameters` are set by the names that the plugin tells, in its own units.
    """

    instrument: Name
    parameters: dict[Name, float] = Field(default={})


class ArdourSettings(Schema):
    """The tracks."""

    tracks: tuple[ArdourTrack, ...] = Field(min_length=1)


class Ardour:
    """A session is made, filled with the notes, and exported."""

    Settings = ArdourSettings

    def __init__(self, settings: ArdourSettings) -> None:
        self._tracks = settings.tracks

    def missing(self) -> str | None:
        """Say what must be installed."""
        there = shutil.which(LUA) and shutil.which(EXPORT)
        return None if there else "Ardour 7 with its tools (apt install ardour)"

    def version(self) -> str:
        """Name it, and the instruments."""
        return f"Ardour 7 with {', '.join(track.instrument for track in self._tracks)}"

    def render(self, job: Job, out: Path) -> None:
        """Make a session, and let Ardour write its sound in 32 bits.

        Raises:
            UserError: the file cannot be read, an instrument is not there or has no such parameter,
                or Ardour wrote nothing.
        """
        score = score_of(job.midi)
        played = sorted({note.channel for note in score.notes})
        channels = channels_of(self._tracks, job.parts, played)
        # Names of tracks are Ardour's to change where two are alike, so they are ours.
        tracks = {
            f"track {i}": each
            for i, each in enumerate(zip(self._tracks, channels, strict=True))
            if each[1]
        }
        session = out.parent / "session"
        length_s = TempoMap(score.tempos).seconds_at(score.length) + job.tail_s
        script = out.with_suffix(".lua")
        lines = _script(session, {name: track for name, (track, _) in tracks.items()}, job.rate)
        frames = round(length_s * job.rate)
        script.write_text("\n".join([*lines, *_end(frames)]), encoding="utf-8")
        env, song = home_for(out.parent), session / "song.ardour"
        said = run("Ardour", [LUA, str(script)], song, env)
        _refuse(said)
        notes = session / "interchange" / "session" / "midifiles"
        for name, (track, own) in tracks.items():
            _write_notes(notes / f"{name}.mid", score, track, own)
        text = read_text(song, LARGEST_BYTES, "a session")
        text = with_song(text, score, {name: f"{name}.mid" for name in tracks})
        song.write_text(text, encoding="utf-8")
        asked = [EXPORT, "-b", "float", "-s", str(job.rate), "-o", str(out)]
        run("Ardour", [*asked, str(session), "song"], out, env)


def _script(session: Path, tracks: Mapping[str, ArdourTrack], rate: int) -> Iterator[str]:
    """Write the lines that make a session with its tracks and their instruments."""
    yield f'session = create_session({_text(str(session))}, "song", {rate})'
    yield 'one = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)'
    yield _FUNCTIONS
    for name, track in tracks.items():
        yield f"add({_text(name)}, {_text(track.instrument)}, {track.factor!r}, {{"
        yield from (f"[{_text(key)}] = {value!r}," for key, value in track.parameters.items())
        yield "})"


_FUNCTIONS = f"""
function set(track, name, value)
  local insert = track:nth_plugin(0)
  local plugin, number, names = insert:to_insert():plugin(0), 0, {{}}
  for i = 0, plugin:parameter_count() - 1 do
    if plugin:parameter_is_control(i) and plugin:parameter_is_input(i) then
      local label = plugin:parameter_label(i)
      if label == name then
        ARDOUR.LuaAPI.set_processor_param(insert, number, value)
        return
      end
      number = number + 1
      names[number] = label
    end
  end
  print("{SAID}" .. name .. " is no parameter: choose one of " .. table.concat(names, ", "))
end

function add(name, instrument, factor, parameters)
  local info = ARDOUR.LuaAPI.new_plugin_info(instrument, ARDOUR.PluginType.LV2)
  if info:isnil() then
    print("{SAID}missing " .. instrument)
    return
  end
  local order, mode = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
  local made = session:new_midi_track(one, one, false, info, nil, nil, 1, name, order, mode, true)
  for track in made:iter() do
    local out = track:output()
    local n = out:n_ports():n_audio()
    if n > 0 then
      out:audio(0):connect("Master/audio_in 1")
      out:audio(n > 1 and 1 or 0):connect("Master/audio_in 2")
    end
    track:gain_control():set_value(factor, PBD.GroupControlDisposition.NoGroup)
    for key, value in pairs(parameters) do
      set(track, key, value)
    end
  end
end
"""


def _end(frames: int) -> tuple[str, ...]:
    return (
        f"session:locations():add_range(Temporal.timepos_t(0), Temporal.timepos_t({frames}))",
        'session:save_state("")',
        "close_session()",
        "quit()",
    )


def _text(text: str) -> str:
    """Write a text for Lua: what is no letter or digit as its bytes."""
    plain = (chr(b) if chr(b).isalnum() and b < 128 else f"\\{b:03d}" for b in text.encode())
    return f'"{"".join(plain)}"'


def _refuse(said: str) -> None:
    for line in said.splitlines():
        _, mark, what = line.partition(SAID)
        if mark and what.startswith("missing "):
            name = what.removeprefix("missing ")
            do = "install it, or name another (lv2ls lists them)"
            raise RenderError(Failure.MISSING, UserError("an LV2 instrument", f"no {name!r}", do))
        if mark:
            raise UserError("a parameter's name", *what.split(": ", 1))


def _write_notes(path: Path, score: Score, track: ArdourTrack, own: frozenset[int]) -> None:
    """Write the notes of a track on one channel, since Ardour reads one track of a file."""
    events: list[tuple[Ticks, bytes]] = []
    for note in score.notes:
        if note.channel in own:
            pitch = track.keys.get(note.pitch, note.pitch)
            events.append((note.start, note_on(0, pitch, note.velocity)))
            events.append((Ticks(note.start + note.duration), note_off(0, pitch)))
    files.write(path, events, name=track.name, length=score.length)
