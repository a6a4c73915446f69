"""A stage for `faults.py`: a JACK server, a jam that plays, and a receiver with its own ledger."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faults_crew import DIES
from jack_server import end_server, start_server

ROOT = Path(__file__).parents[1]
MASTER = ROOT / "benchmarks" / "faults_master.py"
JAM = ROOT / "benchmarks" / "faults_jam.py"
RECEIVER = ROOT / "tests" / "jack_receiver.py"
SERVER = f"daw-bridge-faults-{os.getpid()}"
NOTES, RECEIVES = "DAW Bridge:notes", "receiver:in"
LIMIT_S = 60.0
"""How long anything is waited for, until it counts as never."""

AT_ONCE_S = 0.05
"""Notes that begin so close together are one blow."""

GONE_S = 8.0
"""How long after a jam's end its port process may take to go."""


def wait_until(reached: Callable[[], bool], limit_s: float = LIMIT_S) -> bool:
    """Look again and again; tell whether it was reached in time."""
    deadline = time.monotonic() + limit_s
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Receiver:
    """An instrument in a process of its own: when its notes began, and which of them sounds."""

    def __init__(self, *sources: str) -> None:
        self.began_s: list[float] = []
        self.sounding: dict[tuple[int, int], int] = {}
        self.ready = False
        self.process = subprocess.Popen(
            [*DIES, sys.executable, RECEIVER, *sources],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_until(lambda: self.ready)

    def _read(self) -> None:
        for line in self.process.stdout:
            if line.startswith("#"):
                self.ready = self.ready or line.startswith("# ready")
            else:
                self._take(bytes.fromhex(line.split()[1]))

    def _take(self, data: bytes) -> None:
        kind, key = data[0] & 0xF0, (data[0] & 0x0F, data[1])
        if kind == 0x90 and data[2]:
            self.sounding[key] = len(self.began_s)
            self.began_s.append(time.monotonic())
        elif kind in (0x80, 0x90):
            self.sounding.pop(key, None)

    def sounds_after(self, moment_s: float) -> float | None:
        """Wait for a note that begins after a moment; give how long after, None for never."""
        wait_until(lambda: bool(self.began_s) and self.began_s[-1] > moment_s)
        later = [began_s for began_s in self.began_s if began_s > moment_s]
        return later[0] - moment_s if later else None

    def held_for(self, notes: int) -> int:
        """Wait until so many more notes have begun; count those that have sounded all the while."""
        before = len(self.began_s)
        wait_until(lambda: len(self.began_s) >= before + notes)
        return sum(number < before for number in list(self.sounding.values()))

    def most_at_once(self, moment_s: float) -> int:
        """Count the notes that began within `AT_ONCE_S` after a moment, where they were most."""
        began_s = [each for each in list(self.began_s) if each > moment_s]
        return max((sum(0 <= b - a < AT_ONCE_S for b in began_s) for a in began_s), default=0)

    def close(self) -> None:
        """End as a program does, or be killed."""
        self.process.stdin.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Be killed."""
        self.process.kill()
        self.process.wait()


class Jam:
    """`daw-bridge jam --record` in a process of its own, and its port process.

    It records onto `disk`, and is started in another folder: there it may go on when that is full.
    """

    def __init__(self, disk: Path, elsewhere: Path, seed: int, sync: str) -> None:
        self.disk, self.elsewhere = disk, elsewhere
        command = [*DIES, sys.executable, str(JAM), "jam", "groove"]
        options = ["--backend", "jack", "--bpm", "170", "--seed", str(seed), "--sync", sync]
        self.errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 -- `close` closes it
        self.process = subprocess.Popen(
            [*command, *options, "--record", str(disk / "take.mid")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=elsewhere,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def say(self, line: str) -> None:
        """Ask something of it; see `faults_jam`."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def said(self) -> str:
        """Return all that it has complained of."""
        return os.pread(self.errors.fileno(), 1_000_000, 0).decode(errors="replace")

    def ports(self) -> list[int]:
        """List the port processes there are, of this jam or left by another."""
        return processes("daw_bridge.ports")

    def signal(self, number: signal.Signals) -> None:
        """Send the jam a signal."""
        self.process.send_signal(number)

    def signal_ports(self, number: signal.Signals) -> None:
        """Send its port process a signal."""
        for pid in self.ports():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self) -> int | None:
        """Wait for its end; give its exit code, None where it had to be killed."""
        try:
            return self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def takes(self) -> list[Path]:
        """List the MIDI files with music that there are of it, as the next jam finds them."""
        from daw_bridge.daemon.journal import recovered

        list(recovered(self.disk, keep=self.disk / "next.mid"))
        here = [*self.disk.glob("*.mid"), *self.elsewhere.glob("*.mid")]
        return [path for path in here if path.stat().st_size > 100]

    def close(self) -> None:
        """Leave nothing of it, once it has ended."""
        for path in [*self.disk.iterdir(), *self.elsewhere.iterdir()]:
            path.unlink()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def processes(part: str) -> list[int]:
    """List the processes on our server whose command line has a part."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            ours = f"JACK_DEFAULT_SERVER={SERVER}".encode() in (entry / "environ").read_bytes()
            if part in command.split("\0") and ours:
                found.append(int(entry.name))
    return found


class Stage:
    """The server, the receiver that listens, and the jam that plays."""

    def __init__(self, *, synchronous: bool) -> None:
        self.how = ["-R", *(["-S"] if synchronous else [])]
        self.master: subprocess.Popen[str] | None = None
        self.led = False
        self.start_server()
        self.receiver = Receiver()
        self.jam: Jam

    def start_server(self) -> None:
        """Start a JACK server as a user has it, and wait until it answers."""
        self.server = start_server(SERVER, 48_000, 256, self.how, begin=DIES)
        if self.led:
            self.start_master()

    def end_server(self, number: signal.Signals) -> None:
        """End the server, and the receiver that cannot live without it."""
        self.server.send_signal(number)
        self.server.wait()
        self.receiver.kill()
        self.end_master()

    def start_master(self) -> None:
        """Start a DAW that sends its clock, and roll it."""
        self.master = subprocess.Popen(
            [*DIES, sys.executable, MASTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.master.stdout.readline()
        self.lead("start")

    def lead(self, *lines: str) -> None:
        """Have the DAW do something, if there is one."""
        if self.master is not None:
            self.master.stdin.write("".join(f"{line}\n" for line in lines))
            self.master.stdin.flush()

    def end_master(self) -> None:
        """Kill the DAW."""
        if self.master is not None:
            self.master.kill()
            self.master.wait()
            self.master.stdin.close()
            self.master.stdout.close()
            self.master = None

    def connect(self, how: str = "connect") -> bool:
        """Connect jam and receiver, or `disconnect` them; tell whether it was done."""
        command = [f"jack_{how}", NOTES, RECEIVES]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def start_jam(self, disk: Path, elsewhere: Path, seed: int, *, led: bool) -> bool:
        """Start a jam and connect it, under a DAW's clock or its own; tell whether it is heard."""
        self.led = led
        self.end_master()
        self.jam = Jam(disk, elsewhere, seed, "midi-clock" if led else "internal")
        begun_s = time.monotonic()
        wait_until(self.connect)
        if led:
            self.start_master()
        return self.receiver.sounds_after(begun_s) is not None

    def close(self) -> None:
        """End all that was started; the server asked, since JACK keeps a place for a killed one."""
        self.receiver.kill()
        self.end_master()
        for pid in [*processes("daw_bridge.ports"), *processes(str(JAM))]:
            os.kill(pid, signal.SIGKILL)
        end_server(self.server)


@contextlib.contextmanager
def staged(*, synchronous: bool) -> Iterator[Stage]:
    """Set up a stage, and leave nothing of it."""
    stage = Stage(synchronous=synchronous)
    try:
        yield stage
    finally:
        stage.close()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Put a disk of 64 kB into a folder; give whether the system let us."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
