"""An independent JACK client that writes down what it hears, and when, to the frame.

    python tests/jack_receiver.py SOURCE...

Each SOURCE is the name of an output to listen to, or its end; it is connected whenever it appears,
as a patchbay does that reconnects by itself. One line per event on standard output: `frame hex`.
Other lines begin with `#`: `# ready OWN` (its own port), `# connected SOURCE`, `# disconnected
SOURCE`, `# transport FRAME PLACE` where JACK's transport begins to roll or jumps (its own frame at
a frame of the server), `# transport FRAME stands`, and `# end XRUNS` when standard input has ended:
how often the server's frames went on without it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
from collections.abc import Callable

import jack

PRIORITY = 2
"""Like the port process, it keeps its threads from being put aside, where it may."""


def transport_watch(
    client: jack.Client, lines: queue.SimpleQueue[str | None]
) -> Callable[[int], None]:
    """Give a function that looks at JACK's transport at the beginning of a cycle."""
    before: list[int | None] = [None]

    def look(frame: int) -> None:
        state, at = client.transport_query_struct()
        ahead = at.frame - frame if state == jack.ROLLING else None
        if ahead != before[0]:
            lines.put(f"# transport {frame} {'stands' if ahead is None else at.frame}")
            before[0] = ahead

    return look


def main(sources: list[str]) -> None:
    """Listen until standard input ends."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    jack.set_error_function(lambda _text: None)
    client = jack.Client("receiver", no_start_server=True)
    port = client.midi_inports.register("in")
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    appeared: queue.SimpleQueue[str] = queue.SimpleQueue()
    cycle = [client.frame_time]
    look = transport_watch(client, lines)
    xruns, began = [0], [False]

    @client.set_process_callback
    def process(length: int) -> None:
        step = (client.last_frame_time - cycle[0] + (1 << 31)) % (1 << 32) - (1 << 31)
        xruns[0] += began[0] and step > length
        began[0] = True
        cycle[0] += step
        look(cycle[0])
        for offset, data in port.incoming_midi_events():
            lines.put(f"{cycle[0] + offset} {bytes(data).hex()}")

    @client.set_port_connect_callback
    def connected(source: jack.Port, to: jack.Port, made: bool) -> None:
        if to is not None and to.name == port.name and source is not None:
            lines.put(f"# {'connected' if made else 'disconnected'} {source.name}")

    @client.set_port_registration_callback
    def registered(new: jack.Port, made: bool) -> None:
        if made and new is not None:
            appeared.put(new.name)

    def connect() -> None:
        while True:
            name = appeared.get()
            if name.endswith(tuple(sources)):
                with contextlib.suppress(jack.JackError):  # connected already, or gone
                    client.connect(name, port)

    def write() -> None:
        while (text := lines.get()) is not None:
            print(text, flush=True)

    gc.freeze()
    gc.disable()
    sys.setswitchinterval(0.0002)
    writer = threading.Thread(target=write)
    writer.start()
    client.activate()
    threading.Thread(target=connect, daemon=True).start()
    for there in client.get_ports(is_midi=True, is_output=True):
        appeared.put(there.name)
    lines.put(f"# ready {port.name}")
    sys.stdin.read()
    client.deactivate()
    client.close()
    lines.put(f"# end {xruns[0]}")
    lines.put(None)
    writer.join()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
