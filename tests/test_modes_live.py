"""A player on JACK jams 64 bars in every mode; each take is compared with its golden one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest

from daw_bridge.jam.modes import Name
from daw_bridge.midi.messages import ends_note, starts_note
from tests.conftest import jackd
from tests.golden.on_jack import FILE, hash_of, played
from tests.jam_to_play_with import BARS, RATE, TEMPO_QPM
from tests.ports.player import Player
from tests.ports.receiver import Receiver

pytestmark = pytest.mark.jack

HASHES = json.loads(FILE.read_text(encoding="utf-8"))

PERIOD, AT_ONCE = 1024, 4
"""Frames of a cycle of JACK, and how many modes are played at once: each has three clients."""

TICK = round(60 * RATE / (TEMPO_QPM * 480))
"""In frames."""

BEGIN = 2 * RATE
"""Frames from the sign to the first bar line: time for the jam to be told of it."""


@dataclass(frozen=True, slots=True)
class Take:
    """What a jam told of itself, what was heard of its port `notes`, and when the player began."""

    told: dict[str, Any]
    heard: list[tuple[int, bytes]]
    begun: int

    @property
    def sounded(self) -> list[tuple[int, bytes]]:
        """What the port `notes` sounded, by its own account: ticks and messages."""
        return [
            (tick, bytes.fromhex(data))
            for tick, port, data in self.told["sounded"]
            if port == "notes"
        ]


def live(mode: Name) -> Take:
    """Jam in a mode, on JACK."""
    client = f"{mode} {os.getpid()}"
    command = [sys.executable, "-m", "tests.jam_to_play_with", client, mode.value]
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver(f"{client}:notes", limit_s=600))
        player = stack.enter_context(closing(Player(f"player {client}", f"{client}:in")))
        jam = stack.enter_context(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
        )
        assert jam.stdin is not None
        assert jam.stdout is not None
        assert jam.stdout.readline().startswith("open ")
        receiver.wait_for("# connected")
        player.wait_for("# connected")
        assert jam.stdout.readline() == "ready\n"
        begun = BEGIN + player.begin((BEGIN + tick * TICK, data) for tick, data in played())
        jam.stdin.write(f"{begun}\n")
        told = json.loads(jam.stdout.readline())
        receiver.wait_for("# disconnected")
        return Take(told, receiver.events, begun)


@pytest.fixture(scope="module")
def takes() -> Iterator[dict[Name, Take]]:
    """Jam in all modes, some at once, on a server of their own."""
    pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")
    if not (shutil.which("jackd") and shutil.which("jack_wait")):
        pytest.skip("no jackd to start (apt: jackd2)")
    with jackd(f"daw-bridge-modes-{os.getpid()}", PERIOD), ThreadPoolExecutor(AT_ONCE) as pool:
        yield dict(zip(Name, pool.map(live, Name), strict=True))


@pytest.mark.parametrize("mode", Name)
def test_no_bar_is_late_or_lost_and_no_note_is_left(takes: dict[Name, Take], mode: Name) -> None:
    take = takes[mode]
    assert (take.told["why"], take.told["bars"], take.told["late"]) == ("all bars played", BARS, 0)
    sounding = set()
    for _, data in take.heard:
        if starts_note(data):
            assert (data[0] & 0x0F, data[1]) not in sounding
            sounding.add((data[0] & 0x0F, data[1]))
        elif ends_note(data):
            sounding.discard((data[0] & 0x0F, data[1]))
    assert not sounding
    assert len(take.heard) > BARS


@pytest.mark.parametrize("mode", Name)
def test_a_live_take_is_the_golden_one(takes: dict[Name, Take], mode: Name) -> None:
    assert hash_of(mode, takes[mode].sounded) == HASHES[mode]


@pytest.mark.parametrize("mode", [each for each in Name if each is not Name.FOLLOW])
def test_what_is_scheduled_is_heard_as_it_sounded_and_never_early(
    takes: dict[Name, Take], mode: Name
) -> None:
    take = takes[mode]
    notes = [(frame, data) for frame, data in take.heard if data[0] & 0xE0 == 0x80]
    assert [data for _, data in notes] == [data for _, data in take.sounded]
    due = [take.begun + tick * TICK for tick, _ in take.sounded]
    assert all(frame >= at for (frame, _), at in zip(notes, due, strict=True))


def test_who_is_followed_has_a_chord_for_each_of_his_notes(takes: dict[Name, Take]) -> None:
    strikes = [tick for tick, data in played() if starts_note(data)]
    chords = sorted({tick for tick, data in takes[Name.FOLLOW].sounded if starts_note(data)})
    assert len(chords) == len(strikes)  # how soon each comes is for `benchmarks/jam.py`
