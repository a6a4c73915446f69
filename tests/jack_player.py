"""A JACK client that sends given bytes at given frames, and nothing else: a master, or a keyboard.

    python tests/jack_player.py NAME [TARGET]

It says `# ready OWN`, and `# connected TARGET` once an input whose name ends so is there and
connected. Lines `frame hex` on standard input are what to send, in order, each frame counted from
the beginning; an empty line is the sign to begin, `@FRAME` to begin at a frame of the server. It
says `# begun FRAME`, the server's frame from which it counts, and `# done` when all has left.
Another batch may follow, until the input ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
from collections import deque

import jack

PRIORITY = 2
"""Like the port process, it keeps its threads from being put aside, where it may."""

SOON = 4096
"""Frames from the sign to the beginning: time for it to be heard in the callback."""


def news_of_ports(client: jack.Client) -> queue.SimpleQueue[str]:
    """Give a queue of the inputs that are there, and of those that come."""
    appeared: queue.SimpleQueue[str] = queue.SimpleQueue()

    @client.set_port_registration_callback
    def registered(new: jack.Port, made: bool) -> None:
        if made and new is not None and new.is_input:
            appeared.put(new.name)

    for there in client.get_ports(is_midi=True, is_input=True):
        appeared.put(there.name)
    return appeared


def connect(
    client: jack.Client, port: jack.Port, target: str, appeared: queue.SimpleQueue[str]
) -> None:
    """Connect to the target whenever it appears."""
    while True:
        other = appeared.get()
        if other.endswith(target):
            with contextlib.suppress(jack.JackError):
                client.connect(port, other)
                print(f"# connected {other}", flush=True)


def main(name: str, target: str = "") -> None:
    """Send what comes in."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    jack.set_error_function(lambda _text: None)
    client = jack.Client(name, no_start_server=True)
    port = client.midi_outports.register("out")
    due: deque[tuple[int, bytes]] = deque()
    cycle = [client.frame_time]
    sent = threading.Event()

    @client.set_process_callback
    def process(length: int) -> None:
        port.clear_buffer()
        cycle[0] += (client.last_frame_time - cycle[0] + (1 << 31)) % (1 << 32) - (1 << 31)
        while due and due[0][0] < cycle[0] + length:
            frame, data = due.popleft()
            port.write_midi_event(max(0, frame - cycle[0]), data)
            if not due:
                sent.set()

    appeared = news_of_ports(client)
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(0.0002)
    client.activate()
    print(f"# ready {port.name}", flush=True)
    if target:
        threading.Thread(target=connect, args=(client, port, target, appeared), daemon=True).start()
    batch: list[tuple[int, bytes]] = []
    for line in sys.stdin:
        if line.strip() and not line.startswith("@"):
            frame, data = line.split()
            batch.append((int(frame), bytes.fromhex(data)))
            continue
        begun = int(line[1:]) if line.startswith("@") else cycle[0] + SOON
        sent.clear()
        due.extend((begun + frame, data) for frame, data in batch)
        batch.clear()
        print(f"# begun {begun}", flush=True)
        sent.wait()
        print("# done", flush=True)
    client.deactivate()
    client.close()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
