"""Faults done to a running jam on JACK, and what became of its notes, processes and takes.

    python benchmarks/faults.py [--sequences 300] [--seed 1] [--out FOLDER] [--synchronous]
                                [--jobs 1] [--minutes 60]

A jam records and plays into a receiver, a process of its own that keeps its own ledger of what
sounds. A sequence is one jam, under a DAW's clock or its own time: two to four faults, and one that
ends it. A note is stuck when it sounds while `SETTLED` others begin after the jam is heard again,
or after the jam's end. "Heard again" counts from the moment at which it can be: the receiver or the
server is back, the signal to go on was sent. A take is kept when a MIDI file with music is there
after the end, or at the start of the next jam. Writes results/faults.json and faults.md; the same
seed does the same faults. With --jobs several sequences run beside each other, each on a server of
its own: what one loses, another does. After --minutes none is begun any more; what was not played
is told. Whoever is ended, however, leaves what he found, and nothing that he started.

The server is one of our own (dummy driver, 48 kHz, 256 frames), in JACK's usual asynchronous mode;
with --synchronous it waits for its clients, so that a machine that is short of time loses nothing.
A full disk needs the right to mount one of 64 kB; without it that fault is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from faults_crew import end_in_order, end_with_parent, shared_out
from faults_stage import GONE_S, NOTES, Receiver, Stage, small_disk, staged, wait_until
from machine import describe
from record import RESULTS, command, record

SETTLED = 24
"""More notes than begin during the longest of the jam's drums."""

LASTS_S = 0.4
"""How long a jam is left alone between two faults, and something stays unplugged."""


@dataclass
class Run:
    """What became of one fault; None for what it cannot tell."""

    fault: str
    stuck: int | None = None
    at_once: int | None = None
    heard_again_s: float | None = None
    never_heard: bool = False
    left: int | None = None
    take: bool | None = None
    exit_code: int | None = None
    sequence: int = 0


Fault = Callable[[Stage, random.Random], float]
"""Do a fault and what ends it; return the moment from which the jam can be heard again."""


def stop_ports(stage: Stage, rng: random.Random) -> float:
    stage.jam.signal_ports(signal.SIGSTOP)
    time.sleep(rng.uniform(0.1, 0.8))
    stage.jam.signal_ports(signal.SIGCONT)
    return time.monotonic()


def hang_ports(stage: Stage, _rng: random.Random) -> float:
    pids = stage.jam.ports()
    stage.jam.signal_ports(signal.SIGSTOP)
    since_s = time.monotonic()
    wait_until(lambda: stage.jam.ports() not in ([], pids))
    return since_s


def kill_ports(stage: Stage, _rng: random.Random) -> float:
    stage.jam.signal_ports(signal.SIGKILL)
    return time.monotonic()


def signal_ports(stage: Stage, rng: random.Random) -> float:
    stage.jam.signal_ports(rng.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
    return time.monotonic()


def kill_ports_beside_a_patchbay(stage: Stage, _rng: random.Random) -> float:
    stage.receiver.close()
    stage.receiver = Receiver(NOTES)
    stage.receiver.sounds_after(time.monotonic())
    stage.jam.signal_ports(signal.SIGKILL)
    return time.monotonic()


def stop_jam(stage: Stage, rng: random.Random) -> float:
    stage.jam.signal(signal.SIGSTOP)
    time.sleep(rng.uniform(0.5, 7.0))
    stage.jam.signal(signal.SIGCONT)
    return time.monotonic()


def unplug(stage: Stage, rng: random.Random) -> float:
    """Unplug in the middle of a note, where one is met."""
    wait_until(lambda: bool(stage.receiver.sounding), 2.0)
    stage.connect("disconnect")
    time.sleep(rng.uniform(0.0, 2 * LASTS_S))
    wait_until(stage.connect)  # what plugs in is a client that a busy server may turn away
    return time.monotonic()


def close_receiver(stage: Stage, rng: random.Random) -> float:
    stage.receiver.close()
    time.sleep(rng.uniform(0.0, LASTS_S))
    stage.receiver = Receiver()
    return time.monotonic()


def kill_receiver(stage: Stage, rng: random.Random) -> float:
    stage.receiver.kill()
    time.sleep(rng.uniform(0.0, LASTS_S))
    stage.receiver = Receiver()
    return time.monotonic()


def restart_server(stage: Stage, rng: random.Random) -> float:
    stage.end_server(rng.choice([signal.SIGKILL, signal.SIGTERM]))
    time.sleep(rng.uniform(0.0, 3.0))
    stage.start_server()
    stage.receiver = Receiver()
    return time.monotonic()


def restart_server_beside_a_patchbay(stage: Stage, rng: random.Random) -> float:
    stage.end_server(signal.SIGKILL)
    time.sleep(rng.uniform(0.0, 1.0))
    stage.start_server()
    stage.receiver = Receiver(NOTES)
    return time.monotonic()


def change_tempo(stage: Stage, rng: random.Random) -> float:
    """Jump to other tempos, some of them in the middle of what was committed."""
    for _ in range(rng.randint(1, 6)):
        stage.jam.say(f"tempo {rng.uniform(90, 400):.3f}")
        time.sleep(rng.uniform(0.0, 0.3))
    stage.jam.say("tempo 170")
    return time.monotonic()


def change_map(stage: Stage, rng: random.Random) -> float:
    """Change the drum map under sounding notes."""
    for _ in range(rng.randint(1, 6)):
        stage.jam.say(f"map {rng.choice(MAPS)}")
        time.sleep(rng.uniform(0.0, 0.3))
    return time.monotonic()


def panic(stage: Stage, rng: random.Random) -> float:
    for _ in range(rng.randint(1, 3)):
        stage.jam.say("panic")
        time.sleep(rng.uniform(0.0, 0.3))
    return time.monotonic()


def hang_worker(stage: Stage, _rng: random.Random) -> float:
    """Let the policy hang, and wait until it is replaced, or for a second time given up."""
    return _trouble(stage, "hang")


def fail_worker(stage: Stage, _rng: random.Random) -> float:
    return _trouble(stage, "raise")


def _trouble(stage: Stage, kind: str) -> float:
    before = stage.jam.said().count("the model failed")
    stage.jam.say(kind)
    wait_until(lambda: stage.jam.said().count("the model failed") > before or before > 1)
    return time.monotonic()


def stop_daw(stage: Stage, rng: random.Random) -> float:
    """Stop and continue, or start anew, now and then from another place."""
    stage.lead("stop")
    time.sleep(rng.uniform(0.0, LASTS_S))
    if rng.random() < 0.5:
        stage.lead(f"spp {rng.randrange(2000)}")
    time.sleep(rng.uniform(0.0, 0.1))
    stage.lead(rng.choice(["start", "continue"]))
    return time.monotonic()


def loop_daw(stage: Stage, rng: random.Random) -> float:
    """Jump about while it rolls."""
    for _ in range(rng.randint(1, 5)):
        stage.lead(f"locate {rng.randrange(200)}")
        time.sleep(rng.uniform(0.0, LASTS_S))
    return time.monotonic()


def change_daw_tempo(stage: Stage, rng: random.Random) -> float:
    for _ in range(rng.randint(1, 5)):
        stage.lead(f"tempo {rng.uniform(60, 300):.2f}")
        time.sleep(rng.uniform(0.0, LASTS_S))
    stage.lead("tempo 170")
    return time.monotonic()


def lose_clock(stage: Stage, rng: random.Random) -> float:
    """Send no clock for a while; its user then starts the DAW anew."""
    lost_s = rng.uniform(0.05, 3.0)
    stage.lead(f"lose {lost_s}")
    time.sleep(lost_s + 0.1)
    stage.lead("stop", "start")
    return time.monotonic()


MAPS = ("gm", "ezdrummer-3", "addictive-drums-2", "superior-drummer-3")

FAULTS: dict[str, Fault] = {
    "port process suspended below a second": stop_ports,
    "port process suspended for good": hang_ports,
    "port process killed": kill_ports,
    "port process killed, a patchbay reconnects": kill_ports_beside_a_patchbay,
    "SIGINT, SIGTERM or SIGHUP to the port process": signal_ports,
    "jam suspended": stop_jam,
    "receiver unplugged and plugged in": unplug,
    "receiver ends and starts": close_receiver,
    "receiver killed, another starts": kill_receiver,
    "JACK ends and starts": restart_server,
    "JACK killed and started, a patchbay reconnects": restart_server_beside_a_patchbay,
    "tempo jumps": change_tempo,
    "drum map changes": change_map,
    "panic": panic,
    "policy hangs": hang_worker,
    "policy fails": fail_worker,
}

LED: dict[str, Fault] = {
    "DAW stops, and starts or continues": stop_daw,
    "DAW jumps, as in loops": loop_daw,
    "DAW changes its tempo at once": change_daw_tempo,
    "DAW's clock is lost for a while": lose_clock,
}
"""What can be done where a DAW leads, besides the others."""


def end_by(number: signal.Signals) -> Callable[[Stage], None]:
    return lambda stage: stage.jam.signal(number)


def end_with_hanging_ports(stage: Stage) -> None:
    stage.jam.signal_ports(signal.SIGSTOP)
    stage.jam.signal(signal.SIGINT)


def end_with_killed_ports(stage: Stage) -> None:
    stage.jam.signal_ports(signal.SIGKILL)
    stage.jam.signal(signal.SIGINT)


def end_without_a_server(stage: Stage) -> None:
    stage.end_server(signal.SIGKILL)
    stage.jam.signal(signal.SIGINT)


def end_without_a_reader(stage: Stage) -> None:
    stage.jam.process.stdout.close()
    stage.jam.signal(signal.SIGINT)


def end_impatiently(stage: Stage) -> None:
    for _ in range(4):
        stage.jam.signal(signal.SIGINT)
        time.sleep(0.02)


def end_on_a_full_disk(stage: Stage) -> None:
    with contextlib.suppress(OSError), (stage.jam.disk / "full").open("wb", 0) as file:
        while True:
            file.write(bytes(1024))
    stage.receiver.held_for(SETTLED)
    stage.jam.signal(signal.SIGINT)


START = "none yet: the jam starts"
FULL_DISK = "disk full, then SIGINT"
ENDS: dict[str, Callable[[Stage], None]] = {
    "SIGINT": end_by(signal.SIGINT),
    "SIGTERM": end_by(signal.SIGTERM),
    "SIGQUIT": end_by(signal.SIGQUIT),
    "SIGHUP": end_by(signal.SIGHUP),
    "SIGKILL": end_by(signal.SIGKILL),
    "SIGINT four times": end_impatiently,
    "port process suspended, then SIGINT": end_with_hanging_ports,
    "port process killed, then SIGINT": end_with_killed_ports,
    "JACK killed, then SIGINT": end_without_a_server,
    "standard output closed, then SIGINT": end_without_a_reader,
    FULL_DISK: end_on_a_full_disk,
}


def disturb(stage: Stage, name: str, rng: random.Random) -> Run:
    """Do a fault that a jam survives."""
    time.sleep(LASTS_S * rng.random())
    since_s = {**FAULTS, **LED}[name](stage, rng)
    if stage.led and name not in LED:
        stage.lead("stop", "start")  # as its user does, who hears nothing where the clock was lost
        since_s = time.monotonic()
    after_s = stage.receiver.sounds_after(since_s)
    stuck = stage.receiver.held_for(SETTLED)
    at_once = stage.receiver.most_at_once(since_s)
    return Run(name, stuck, at_once, heard_again_s=after_s, never_heard=after_s is None)


def end(stage: Stage, name: str) -> Run:
    """End a jam; see what is left of it."""
    ENDS[name](stage)
    code = stage.jam.end()
    wait_until(lambda: not stage.jam.ports(), GONE_S)
    left = len(stage.jam.ports())
    hears = stage.server.poll() is None
    wait_until(lambda: not stage.receiver.sounding, GONE_S if hears else 0.0)
    stuck = len(stage.receiver.sounding) if hears else None
    run = Run(name, stuck, left=left, take=bool(stage.jam.takes()), exit_code=code)
    stage.jam.close()
    if not hears:
        stage.start_server()
        stage.receiver = Receiver()
    return run


def decks(names: list[str], rng: random.Random) -> Iterator[str]:
    """Deal the faults so that each comes as often as the others."""
    while True:
        yield from rng.sample(names, len(names))


@dataclass(frozen=True, slots=True)
class Sequence:
    """What is done to one jam: its faults in their order, and what ends it."""

    number: int
    seed: int
    led: bool
    faults: tuple[str, ...]
    end: str


def planned(count: int, seed: int, *, small: bool) -> Iterator[Sequence]:
    """Plan sequences; the disk is filled where it is a `small` one."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    faults = {led: decks([*FAULTS, *(LED if led else ())], rng) for led in (False, True)}
    ends = decks([name for name in ENDS if small or name != FULL_DISK], rng)
    for number in range(count):
        led = rng.random() < 0.5
        done = tuple(islice(faults[led], rng.randint(2, 4)))
        yield Sequence(number, seed + number, led, done, next(ends))


def play(sequence: Sequence, stage: Stage, disk: Path, elsewhere: Path) -> Iterator[Run]:
    """Do to one jam what was planned."""
    rng = random.Random(sequence.seed)  # noqa: S311 -- no secret
    if not stage.start_jam(disk, elsewhere, sequence.seed, led=sequence.led):
        yield Run(START, never_heard=True, sequence=sequence.number)
    for name in sequence.faults:
        yield replace(disturb(stage, name, rng), sequence=sequence.number)
    yield replace(end(stage, sequence.end), sequence=sequence.number)


def serve(there: Connection, *, synchronous: bool) -> None:
    """Play the sequences that come, on a stage of one's own; say each run, and None after each."""
    end_with_parent()
    with (
        tempfile.TemporaryDirectory() as disk,
        tempfile.TemporaryDirectory() as elsewhere,
        small_disk(Path(disk)),
        staged(synchronous=synchronous) as stage,
        contextlib.suppress(EOFError),
    ):
        while True:
            for run in play(there.recv(), stage, Path(disk), Path(elsewhere)):
                print(run, file=sys.stderr, flush=True)
                there.send(run)
            there.send(None)


def as_table(runs: list[Run]) -> str:
    """Give a row for each kind of fault."""
    titles = [
        "fault",
        "runs",
        "stuck notes",
        "most notes at once",
        "heard again after, s: median",
        "longest",
        "never",
    ]
    titles += ["processes left", "takes kept", "exit codes"]
    rows = [titles, ["---"] * len(titles)]
    kinds = {
        name: [run for run in runs if run.fault == name] for name in [START, *FAULTS, *LED, *ENDS]
    }
    rows += [_row(name, of_kind) for name, of_kind in kinds.items() if of_kind]
    rows.append(_row("all", runs))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(name: str, runs: list[Run]) -> list[str]:
    stuck = [run.stuck for run in runs if run.stuck is not None]
    blows = [run.at_once for run in runs if run.at_once is not None]
    after = [run.heard_again_s for run in runs if run.heard_again_s is not None]
    ended = [run for run in runs if run.left is not None]
    never = sum(run.never_heard for run in runs)
    codes = sorted({str(run.exit_code) for run in ended})
    return [
        name,
        str(len(runs)),
        str(sum(stuck)) if stuck else "",
        str(max(blows)) if blows else "",
        f"{median(after):.2f}" if after else "",
        f"{max(after):.2f}" if after else "",
        str(never) if after or never else "",
        str(sum(run.left for run in ended)) if ended else "",
        f"{sum(bool(run.take) for run in ended)} of {len(ended)}" if ended else "",
        ", ".join(codes),
    ]


def main() -> None:
    """Do the faults, and write down what became of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    parser.add_argument("--synchronous", action="store_true", help="JACK waits for its clients")
    parser.add_argument("--jobs", type=int, default=1, help="how many run beside each other")
    parser.add_argument("--minutes", type=float, default=1000, help="after so many none begins")
    asked = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory() as disk, small_disk(Path(disk)) as small:
        plan = deque(planned(asked.sequences, asked.seed, small=small))
    begun_s = time.monotonic()
    runs: list[Run] = []
    try:
        player = partial(serve, synchronous=asked.synchronous)
        runs.extend(shared_out(plan, asked.jobs, player, begun_s + 60 * asked.minutes))
    finally:
        result = {
            "command": command(),
            "sequences": len({run.sequence for run in runs}),
            "not_played": len(plan),
            "machine": describe("daw-bridge", "JACK-Client"),
            "minutes": round((time.monotonic() - begun_s) / 60, 1),
            "runs": [asdict(run) for run in runs],
        }
        record("faults", result, as_table(runs), asked.out)


if __name__ == "__main__":
    main()
