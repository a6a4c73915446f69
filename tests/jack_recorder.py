"""An independent JACK client that records sound and MIDI, on the server's frames.

    python tests/jack_recorder.py SOUND MIDI OUT

SOUND and MIDI are ends of names of outputs, connected whenever they appear; it prints `# connected
NAME` for each, `# heard` at the first sound, and `# gone NAME` a tenth of a second after one has
gone. When standard input ends it writes OUT.npy, the sound from its first frame on, and
OUT.json: that frame, and the messages as [frame, hex].
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from pathlib import Path

import jack
import numpy as np


def write(out: str, blocks: list[tuple[int, bytes]], messages: list[tuple[int, str]]) -> None:
    """Write what was recorded, each block at its frame."""
    first = blocks[0][0]
    recorded = np.zeros(blocks[-1][0] - first + len(blocks[-1][1]) // 4, np.float32)
    for frame, block in blocks:
        here = np.frombuffer(block, np.float32)
        recorded[frame - first : frame - first + len(here)] = here
    np.save(f"{out}.npy", recorded)
    Path(f"{out}.json").write_text(json.dumps([first, messages]))


def main(sound: str, midi: str, out: str) -> None:
    """Record until standard input ends."""
    jack.set_error_function(lambda _text: None)
    client = jack.Client("recorder", no_start_server=True)
    ports = {sound: client.inports.register("sound"), midi: client.midi_inports.register("midi")}
    cycled, loud = threading.Event(), threading.Event()
    blocks: list[tuple[int, bytes]] = []
    messages: list[tuple[int, str]] = []
    gone: queue.SimpleQueue[str] = queue.SimpleQueue()
    appeared: queue.SimpleQueue[str] = queue.SimpleQueue()
    connected: set[str] = set()

    @client.set_process_callback
    def process(_length: int) -> None:
        frame = client.last_frame_time
        blocks.append((frame, bytes(ports[sound].get_buffer())))
        for offset, data in ports[midi].incoming_midi_events():
            messages.append((frame + offset, bytes(data).hex()))
        cycled.set()
        if not loud.is_set() and any(blocks[-1][1]):
            loud.set()

    @client.set_port_registration_callback
    def registered(new: jack.Port, made: bool) -> None:
        if new is not None and made:
            appeared.put(new.name)
        elif new is not None and new.name in connected:  # not of one that ended before
            gone.put(new.name)

    def connect() -> None:
        while True:
            name = appeared.get()
            for end, port in ports.items():
                if name.endswith(end):
                    with contextlib.suppress(jack.JackError):
                        client.connect(name, port)
                        connected.add(name)
                        print("# connected", name, flush=True)

    def tell() -> None:
        loud.wait()
        print("# heard", flush=True)
        while True:
            name = gone.get()
            after, more = len(blocks), client.samplerate // 10 // client.blocksize + 1
            while len(blocks) < after + more:
                cycled.wait()
                cycled.clear()
            print("# gone", name, flush=True)

    client.activate()
    threading.Thread(target=tell, daemon=True).start()
    threading.Thread(target=connect, daemon=True).start()
    print("# ready", flush=True)
    sys.stdin.read()
    client.deactivate()
    write(out, blocks, messages)
    print("# written", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
