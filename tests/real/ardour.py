"""Ardour without a display: a session on JACK, driven line by line through its Lua interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

PROGRAM = "ardour7-lua"
LIMIT_S = 120.0
MOVES_S = 20.0
BEGINNINGS = 8
"""How often it is started anew; see `_begins`."""
RATE = 48_000

JACK_IS_MASTER = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour><Config/><TransportMasters current="JACK Transport">
<TransportMaster type="Engine" name="JACK Transport" sclock-synced="1" collect="1"
 last-sync-state="0" removeable="0"/></TransportMasters></Ardour>
"""
"""Whom Ardour obeys once it is told to obey: as it comes, MIDI clock, and not JACK."""

BY_HAND = "ARDOUR.TransportRequestSource.TRS_UI"


class Gone(AssertionError):  # noqa: N818  # it is no fault of what is tested
    """Ardour itself ended, was thrown out by JACK, or does not go where it is sent."""


class Ardour:
    """An empty session at a tempo, in 4/4, with all of its files under `home`.

    Whoever waits for it reads a pipe, which ends after `LIMIT_S`.

    Raises:
        Gone: as it says.
    """

    clock = "ardour:MIDI Clock out"

    def __init__(self, home: Path, tempo_qpm: float = 120.0) -> None:
        config = home / ".config" / "ardour7" / "config"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(JACK_IS_MASTER, encoding="utf-8")
        self._home = home
        self._marks = count()
        self._loops = False
        self._tempo_qpm = tempo_qpm
        self._begin()

    def _begin(self) -> None:
        for _ in range(BEGINNINGS):
            if self._begins(self._home / f"session {next(self._marks)}"):
                self.set_tempo(self._tempo_qpm)
                return
            self._end()
        raise Gone(f"JACK threw Ardour out {BEGINNINGS} times")

    def _begins(self, folder: Path) -> bool:
        """Start the program with a new session; whether it then is on JACK.

        Once in six times it is not: two threads of Ardour 7.3 speak to JACK at once as a session
        begins, and where their words are mixed the server throws it out.
        """
        self.folder = folder
        self._process = subprocess.Popen(
            [PROGRAM, "-i"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={
                **os.environ,
                "HOME": str(self._home),
                "XDG_CONFIG_HOME": str(self._home / ".config"),
            },
        )
        self._limit = threading.Timer(LIMIT_S, self._process.kill)
        self._limit.daemon = True
        self._limit.start()
        self.lua('AudioEngine:set_backend("JACK", "ardour", "")')
        self.lua(f's = create_session("{folder}", "take", {RATE})')
        return self._value("AudioEngine:running()") == "true"

    def lua(self, line: str) -> list[str]:
        """Run a line of Lua; give the lines that were printed meanwhile."""
        mark = f"done-{next(self._marks)}-"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended, as is read below
            self._process.stdin.write(f'{line}\nprint("{mark[:-1]}" .. "-")\n')
            self._process.stdin.flush()
        said: list[str] = []
        while not (said and said[-1].endswith(mark)):
            text = self._process.stdout.readline()
            if not text:
                self._process.wait()
                assert self.is_gone(), f"{line!r} took over {LIMIT_S:.0f} s; Ardour said {said}"
                raise Gone(f"Ardour ended at {line!r}: {said}")
            said.append(text.rstrip("\n"))
        return said[:-1]

    def set_tempo(self, tempo_qpm: float) -> None:
        """Set one tempo for the whole session."""
        self.lua("m = Temporal.TempoMap.write_copy()")
        tempo = f"Temporal.Tempo({tempo_qpm}, {tempo_qpm}, 4)"
        self.lua(f"m:set_tempo({tempo}, {_at(0)})")
        self.lua("Temporal.TempoMap.update(m); m = nil")

    def send_clock(self) -> None:
        """Send MIDI clock, from the port `clock`."""
        self.lua("ARDOUR.config():set_send_midi_clock(true)")

    def lead_jack(self) -> None:
        """Tie its transport to JACK's: each moves the other."""
        self.lua("s:cfg():set_external_sync(true)")

    def roll(self) -> None:
        """Press play, or the loop's button, which begins to roll by itself."""
        if self._loops:
            self.lua("s:request_play_loop(true, true)")
            return
        self.lua(f"s:request_roll({BY_HAND})")

    def stop(self) -> None:
        """Press stop, and wait until it stands."""
        self.lua(f"s:request_stop(false, false, {BY_HAND})")
        self._wait_until("not s:transport_rolling()")

    def locate(self, frame: int, *, roll: bool = False) -> None:
        """Move the cursor, and roll from there at once, or stay and wait until it is there."""
        then = f"ARDOUR.LocateTransportDisposition.Must{'Roll' if roll else 'Stop'}"
        self.lua(f"s:request_locate({frame}, false, {then}, {BY_HAND})")
        if not roll:
            near = f"math.abs(s:transport_sample() - {frame}) < {RATE // 10}"  # a few periods ahead
            self._wait_until(f"not s:transport_rolling() and {near}")

    def _wait_until(self, condition: str) -> None:
        end_s = time.monotonic() + MOVES_S
        while self._value(condition) != "true":
            if time.monotonic() > end_s:
                where = self._value("AudioEngine:running(), s:transport_sample()")
                raise Gone(f"Ardour was sent elsewhere and stays: {condition}, {where}")

    def is_gone(self) -> bool:
        """Whether it has ended by itself, or is no longer on JACK."""
        if self._process.poll() is not None:
            return self._process.returncode != -signal.SIGKILL  # else its limit ended it
        return self._value("AudioEngine:running()") != "true"

    def _value(self, expression: str) -> str:
        """Return what an expression is, as it is printed."""
        said = self.lua(f'print("value", {expression})')
        return next(line for line in said if line.startswith("value")).split(maxsplit=1)[1]

    def loop(self, frames: int) -> None:
        """Go round so many frames from the start of the song, once it rolls; call this first.

        Lua can make a range, but not the loop's: so its kind is changed in the session's file.
        """
        self._loops = True
        while not self._begins_again(frames):
            self._end()
            self._begin()

    def _begins_again(self, frames: int) -> bool:
        """Open the session with a loop; whether it then still is on JACK."""
        self.lua(f"s:locations():add_range({_at(0)}, {_at(frames)})")
        self.lua('s:save_state("")')
        self.lua("close_session()")
        file = self.folder / "take.ardour"
        text = file.read_text(encoding="utf-8")
        assert text.count('flags="IsRangeMarker"') == 1
        file.write_text(text.replace('flags="IsRangeMarker"', 'flags="IsAutoLoop"'), "utf-8")
        self.lua(f's = load_session("{self.folder}", "take")')
        return self._value("AudioEngine:running()") == "true"

    def record(self, track: str) -> None:
        """Make a MIDI track that records from the port `ardour:TRACK/midi_in 1` once it rolls."""
        one = 'ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)'
        end = "ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true"
        none = "ARDOUR.PluginInfo(), nil, nil"
        new = f's:new_midi_track({one}, {one}, true, {none}, 1, "{track}", {end})'
        self.lua(f"for each in {new}:iter() do t = each end")
        self.lua("t:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)")
        self.lua("s:maybe_enable_record()")

    def takes(self) -> list[Path]:
        """List what was recorded, the oldest first; complete once the session is closed."""
        return sorted(self.folder.glob("interchange/*/midifiles/*.mid"))

    def close(self) -> None:
        """Save and close the session, and end the program."""
        try:
            if not self.is_gone():
                assert self._process.stdin is not None
                self.lua('s:save_state("")')
                self._process.stdin.write("close_session()\nquit()\n")
            self._process.communicate(timeout=20)
        finally:
            self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._limit.cancel()


def _at(frame: int) -> str:
    return f"Temporal.timepos_t({frame})"
