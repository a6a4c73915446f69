"""Jams that a player on JACK plays to: how soon he is followed, and whether answers are in time."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from jack_server import server

from daw_bridge.midi.messages import note_off, note_on, starts_note
from tests.ports.player import Player
from tests.ports.receiver import Receiver

RATE, PERIOD = 48_000, 128
BAR = 2 * RATE
"""Frames of a bar of 4/4 at 120."""

STEP = BAR // 16
BEFORE = RATE // 20
"""Frames from the end of a call to the bar line of its answer."""

PATIENCE_S = 3 * 3600.0


@contextlib.contextmanager
def jam(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Play a jam on JACK at 120, until the block ends or it does."""
    command = [sys.executable, "-m", "daw_bridge.cli.main", "jam", *options]
    command += ["--bpm", "120", "--backend", "jack", "--sync", "internal"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as playing:
        try:
            yield playing
        finally:
            playing.terminate()


def followed_live(n_strikes: int) -> dict[str, float]:
    """Strike notes; tell how long after each its chord begins to sound."""
    apart = RATE // 4 + 331  # over all places of a cycle, and of a step
    events = []
    for n in range(n_strikes):
        pitch = (60, 62, 64, 65, 67, 69, 71, 72)[n * 3 % 8]
        events += [(n * apart, note_on(0, pitch, 90)), (n * apart + RATE // 6, note_off(0, pitch))]
    with (
        server(f"daw-bridge-jam-{os.getpid()}", RATE, PERIOD),
        Receiver("Bridge:notes", limit_s=PATIENCE_S) as receiver,
        closing(Player("player", "Bridge:in")) as player,
        jam("follow"),
    ):
        receiver.wait_for("# connected")
        player.wait_for("# connected")
        first = RATE * 2
        begun = first + player.begin((first + frame, data) for frame, data in events)
        player.wait_for("# done")
        receiver.finish()
        struck = [frame - begun for frame, data in receiver.events if starts_note(data)]
    chords: dict[int, int] = {}
    for frame in struck:
        chords.setdefault(frame // apart, frame % apart)
    took = [each / RATE * 1000 for each in chords.values()]
    p50, p99 = np.percentile(took, [50, 99])
    return {
        "strikes": n_strikes,
        "chords": len(chords),
        "ms_p50": float(p50),
        "ms_p99": float(p99),
    }


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of `n` bars from the bar `first` on, one every `apart` bars, in a jam with `options`.

    Bars are those since the first click. An answer begins where its call ends, and is as long.
    """

    first: int
    n: int
    apart: int
    options: tuple[str, ...] = ()


CALLS = {
    "call-response": Calls(1, 2, 4),
    "accompany": Calls(0, 1, 1, ("--model", "chip", "--metronome", "always")),
}


def answered_live(mode: str, n_bars: int) -> dict[str, float]:
    """Play calls that end 50 ms before their answers; tell how far these are off their steps."""
    calls, notes = CALLS[mode], range(8 * CALLS[mode].n)
    call = [(n * STEP * 2, note_on(0, 60 + 2 * (n % 5), 90)) for n in notes]
    call += [((n + 1) * STEP * 2 - BEFORE, note_off(0, 60 + 2 * (n % 5))) for n in notes]
    begins = range(calls.first, n_bars, calls.apart)
    events = sorted((first * BAR + frame, data) for first in begins for frame, data in call)
    with (
        server(f"daw-bridge-jam-{os.getpid()}", RATE, PERIOD),
        Receiver("Bridge:metronome", limit_s=PATIENCE_S) as clicks,
        Receiver("Bridge:notes", limit_s=PATIENCE_S) as receiver,
        closing(Player("player", "Bridge:in")) as player,
        jam(mode, "--bars", str(n_bars), *calls.options) as playing,
    ):
        clicks.hear(1)
        begun = clicks.events[0][0]
        player.begin(events, begun)
        assert playing.stdout is not None  # noqa: S101  # it is a pipe
        said = playing.stdout.read()
        receiver.finish()
    struck = [frame - begun for frame, data in receiver.events if starts_note(data)]
    answers = [(first + calls.n) * BAR for first in begins if first + calls.n < n_bars]
    firsts = [
        next((f for f in struck if line <= f + STEP // 2 < line + calls.n * BAR), None)
        for line in answers
    ]
    off = [abs((each + STEP // 2) % STEP - STEP // 2) for each in firsts if each is not None]
    late = re.search(r"(\d+) bars? \((\d+) late\)", said)
    assert late is not None, said  # noqa: S101  # the jam's last words
    return {
        "bars": int(late[1]),
        "late": int(late[2]),
        "answers": len(off),
        "first_notes_off_ms": max(off) / RATE * 1000,
    }
