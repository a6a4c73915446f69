"""isobar, following the MIDI clock that comes to it, as its documentation says.

    python benchmarks/sync_isobar.py

It plays a note each sixteenth, named by its place, from the start of the song on, until its
standard input ends. Each clock makes it go on by one; `Timeline.run` of 0.2.1 asks a MIDI input to
`run`, which it cannot, so it is not called.
"""

from __future__ import annotations

import sys

import isobar
import mido

from tests.places import NAMES, named

API = "mido.backends.rtmidi/UNIX_JACK"


def main() -> None:
    """Follow until the end of the input."""
    mido.set_backend(API)
    clock = isobar.MidiInputDevice("isobar-in", virtual=True)
    device = isobar.MidiOutputDevice("isobar-out", virtual=True)
    timeline = isobar.Timeline(output_device=device, clock_source=clock)
    places = [named(place) for place in range(NAMES)]
    timeline.schedule(
        {
            "note": isobar.PSequence([pitch for pitch, _ in places], 1),
            "amplitude": isobar.PSequence([velocity for _, velocity in places], 1),
            "duration": 0.25,
            "gate": 0.5,
        }
    )
    print("# open", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
