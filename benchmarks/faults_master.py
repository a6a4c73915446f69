"""A DAW for `faults.py`: a JACK client that sends MIDI clock while it rolls, and obeys lines.

    python benchmarks/faults_master.py

`start`, `stop`, `continue`, `spp SIXTEENTHS`, `locate SIXTEENTHS` (while it rolls, as a loop does),
`tempo QPM`, and `lose SECONDS`: so long no clock is sent. It connects itself to `sync` of a jam
whenever that appears, and ends with its standard input.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time

import jack

SYNC = "DAW Bridge:sync"
HEARD = 60
"""After so many cycles a connection is one that is heard through, however long they take."""

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def spp(sixteenths: int) -> bytes:
    """Return a song position."""
    return bytes([0xF2, sixteenths & 127, sixteenths >> 7 & 127])


class Master:
    """What is sent in each cycle: what was asked for, and the clocks."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.tempo_qpm = 170.0
        self.rolls = False
        self.next = 0.0
        self.lost_frames = 0
        self.cycles = 0
        self.asked: queue.SimpleQueue[list[bytes]] = queue.SimpleQueue()

    def obey(self, line: str) -> None:
        """Take a line; in any thread."""
        match line.split():
            case ["tempo", tempo_qpm]:
                self.tempo_qpm = float(tempo_qpm)
            case ["lose", seconds]:
                self.lost_frames = int(float(seconds) * self.rate)
            case ["spp", at]:
                self.asked.put([spp(int(at))])
            case ["locate", at]:
                self.asked.put([STOP, STOP, spp(int(at)), CONTINUE])
            case [word]:
                known = {"start": [START], "stop": [STOP], "continue": [CONTINUE]}
                self.asked.put(known[word])

    def cycle(self, length: int) -> list[tuple[int, bytes]]:
        """Return the messages of a cycle, each at its offset."""
        self.cycles += 1
        out: list[tuple[int, bytes]] = []
        while not self.asked.empty():
            for data in self.asked.get():
                out.append((0, data))
                if data in (START, CONTINUE):
                    self.rolls, self.next = True, 0.0
                elif data == STOP:
                    self.rolls = False
        self.lost_frames = max(0, self.lost_frames - length)
        while self.rolls and self.next < length:
            if not self.lost_frames:
                out.append((int(self.next), CLOCK))
            self.next += self.rate * 60 / 24 / self.tempo_qpm
        self.next -= length if self.rolls else 0
        return out


def connected(client: jack.Client, port: jack.OwnPort, name: str) -> bool:
    """Connect to an input, again if a busy server turns us away; tell whether it is still there."""
    while any(each.name == name for each in client.get_ports(is_input=True)):
        with contextlib.suppress(jack.JackError):
            client.connect(port, name)
        if client.get_all_connections(port):
            return True
        time.sleep(0.1)
    return False


def main() -> None:
    """Serve until standard input ends."""
    jack.set_error_function(lambda _text: None)
    client = jack.Client("master", no_start_server=True)
    port = client.midi_outports.register("clock")
    master = Master(client.samplerate)
    appeared: queue.SimpleQueue[str] = queue.SimpleQueue()

    @client.set_process_callback
    def process(length: int) -> None:
        port.clear_buffer()
        for offset, data in master.cycle(length):
            port.write_midi_event(offset, data)

    @client.set_port_registration_callback
    def registered(new: jack.Port, made: bool) -> None:
        if made and new is not None:
            appeared.put(new.name)

    def connect() -> None:
        while True:
            if (name := appeared.get()) == SYNC:
                if not connected(client, port, name):
                    continue
                since = master.cycles
                while master.cycles < since + HEARD:
                    time.sleep(0.01)
                if master.rolls:  # its user starts anew, since the start was not heard
                    master.asked.put([STOP, START])

    client.activate()
    threading.Thread(target=connect, daemon=True).start()
    for there in client.get_ports(is_midi=True, is_input=True):
        appeared.put(there.name)
    print("# ready", flush=True)
    for line in sys.stdin:
        master.obey(line)
    client.deactivate()
    client.close()


if __name__ == "__main__":
    main()
