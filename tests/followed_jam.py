"""A jam that follows a DAW, in a process of its own, and whose notes say where they belong.

    python tests/followed_jam.py CLIENT SYNC [SOURCE [SPP_UNIT]]

SOURCE is `places` (a note each sixteenth of 4/4, named by its place), `held` (a note that fills its
bar) or `silent`, with MIDI thru. It prints `# open PORT...` once its ports are there.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from daw_bridge.daemon import opening
from daw_bridge.daemon.opening import jam
from daw_bridge.daemon.performance import Jam
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.commands import Inbox, Stop
from daw_bridge.jam.follow import SppUnit
from daw_bridge.jam.masters import Sync
from daw_bridge.jam.schedule import Route
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Ticks
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.process import PortProcess
from tests.places import SIXTEENTHS, named


class Places:
    """Make bars whose notes are named after where in the song the bar is."""

    def bar(self, ask: Ask) -> Bar:
        """Make one bar."""
        first = SIXTEENTHS * (ask.number if ask.song_bar is None else ask.song_bar)
        return Bar.of(
            Note(Ticks(SIXTEENTH * step), pitch, Ticks(SIXTEENTH // 2), velocity)
            for step in range(SIXTEENTHS)
            for pitch, velocity in [named(first + step)]
        )


class Held:
    """Make bars of one note that fills them."""

    def bar(self, ask: Ask) -> Bar:
        """Make one bar."""
        length = ask.meter.bar_length()
        return Bar.of([Note(Ticks(0), 60, Ticks(length - 1), 100)], ask.meter)


class Silent:
    """Make empty bars."""

    def bar(self, ask: Ask) -> Bar:
        """Make one bar."""
        return Bar(meter=ask.meter)


def main(client: str, sync: str, source: str = "places", spp_unit: str = "auto") -> None:
    """Play until a signal comes, or until the standard input ends."""
    make = {"places": Places, "held": Held, "silent": Silent}[source]
    inbox = Inbox()
    settings = Jam(
        routes={0: Route(channel=0)},
        ports=PortSettings(
            "jack",
            client=client,
            sources=() if sync == Sync.MIDI_CLOCK else (sync,),
            thru=source == "silent",
        ),
        sync=Sync(sync),
        spp_unit=SppUnit(spp_unit),
    )
    opening.open_ports = open_and_tell
    threading.Thread(target=stop_at_the_end, args=(inbox,), daemon=True).start()
    print(jam(settings, make, inbox=inbox), flush=True)


def open_and_tell(*settings: Any) -> PortProcess:
    """Open the ports, and tell their names."""
    ports = PortProcess(*settings)
    print("# open", *ports.names.values(), flush=True)
    return ports


def stop_at_the_end(inbox: Inbox) -> None:
    """Stop the jam when the standard input has ended."""
    sys.stdin.read()
    inbox.put(Stop())


if __name__ == "__main__":
    main(*sys.argv[1:])
