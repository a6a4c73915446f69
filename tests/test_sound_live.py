"""A jam that is heard: its sound is recorded by a second JACK client, beside its MIDI."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.config.jam import load_jam
from daw_bridge.control.client import Client
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.daemon.sound import Sound
from daw_bridge.jam.schedule import EARLY
from daw_bridge.midi.messages import TimedMessage, rank_of, starts_note
from daw_bridge.music.time import Seconds
from daw_bridge.render.live import LiveKit, LiveSettings

pytest.importorskip("pyo", reason="needs the sound extra")
pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

ROOT = Path(__file__).parents[1]
RATE = 48_000
BAR = 1920
WITHIN_S = 0.003
"""How far from its MIDI message the sound of a note may begin."""

NO_MIDI = """
from daw_bridge.errors import UserError
from daw_bridge.ports import open

def first_system():
    raise UserError("a MIDI system", "none", "start one")

open.first_system = first_system
"""

JAM = "import sys; from daw_bridge.cli.main import main; sys.exit(main())"


def python(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


class Recorded:
    """A jam, and what a second client heard of it."""

    def __init__(self, folder: Path, preset: str, *options: str) -> None:
        self._out = folder / "heard"
        self.recorder = python(
            "tests/jack_recorder.py", "sound:output_1", "DAW Bridge:notes", str(self._out)
        )
        assert self.recorder.stdout.readline() == "# ready\n"
        self.jam = python("-c", JAM, "jam", preset, "--sound", *options)
        said = [self.recorder.stdout.readline() for _ in range(2)]
        assert all(line.startswith("# connected") for line in said)
        assert self.recorder.stdout.readline() == "# heard\n"

    def wait_until_both_have_gone(self) -> None:
        """Wait for what the recorder tells when the outputs it was connected to are no more."""
        said = [self.recorder.stdout.readline() for _ in range(2)]
        assert all(line.startswith("# gone") for line in said)

    def heard(self) -> tuple[np.ndarray, list[tuple[int, bytes]]]:
        """Give the samples, and the messages with the sample of each."""
        self.recorder.stdin.close()
        assert self.recorder.stdout.readline() == "# written\n"
        first, messages = json.loads(self._out.with_suffix(".json").read_text())
        return np.load(self._out.with_suffix(".npy")), [
            (frame - first, bytes.fromhex(data)) for frame, data in messages
        ]

    def close(self) -> None:
        for each in (self.jam, self.recorder):
            each.kill()
            each.wait()
            each.stdin.close()
            each.stdout.close()


@contextmanager
def recorded(*arguments: object) -> Iterator[Recorded]:
    live = Recorded(*arguments)
    try:
        yield live
    finally:
        live.close()


def onset(sound: np.ndarray, at: int) -> float:
    """Give how many seconds after a sample the sound is there that begins near it; inf for none."""
    near = np.flatnonzero(np.abs(sound[at - RATE // 100 : at + RATE // 20]) > 1e-3)
    return float((near[0] - RATE // 100) / RATE) if len(near) else float("inf")


def kit_of(preset: str, **options: str) -> LiveSettings:
    """Give the instruments that a preset is heard on."""
    jam = ready(load_jam(preset), {}, **options)
    sound = Sound.of(jam, "auto")
    return LiveSettings.model_validate_json(sound.settings(jam_of(jam).routes).kit)


def as_heard(
    messages: list[tuple[int, bytes]], changes: list[tuple[int, LiveSettings]], length: int
) -> np.ndarray:
    """Give the samples of messages on instruments that change."""
    kit = LiveKit(changes[0][1], RATE)
    for change in changes[1:]:
        kit.change(*change)
    for at, data in messages:
        kit.play(at, TimedMessage(Seconds(0.0), rank_of(data), 0, "notes", data))
    return kit.mix(0, length)[0]


@pytest.mark.parametrize("preset", ["groove", "chip"])
def test_each_note_is_heard_where_its_message_is_and_nothing_after_the_end(tmp_path, preset):
    with recorded(tmp_path, preset, "--bars", "2", "--no-ending") as live:
        said = live.jam.stdout.read()
        live.jam.wait()
        assert (live.jam.returncode, "all bars played: 2 bars" in said) == (0, True)
        live.wait_until_both_have_gone()
        sound, messages = live.heard()
    notes = [at for at, data in messages if starts_note(data)]
    assert len(notes) > 10
    assert abs(onset(sound, notes[0])) < WITHIN_S
    expected = as_heard(messages, [(0, kit_of(preset))], len(sound))
    alone = [b for a, b in pairwise(notes) if b - a > RATE // 10]
    quiet = [at for at in alone if np.abs(sound[at - 480 : at]).max() < 1e-3]
    assert all(abs(onset(sound, at)) < WITHIN_S for at in quiet)
    until = notes[-1]  # beyond that it fades
    assert np.corrcoef(sound[:until], expected[:until])[0, 1] > 0.99
    assert np.abs(sound[notes[0] : until]).max() > 0.05
    assert np.abs(sound[-RATE // 10 :]).max() == 0


def test_a_jam_that_is_killed_leaves_nothing_sounding(tmp_path):
    with recorded(tmp_path, "chorale") as live:
        tasks = Path(f"/proc/{live.jam.pid}/task").glob("*/children")
        children = [pid for each in tasks for pid in each.read_text().split()]
        watched = [os.pidfd_open(int(pid)) for pid in children]
        assert len(watched) == 2
        live.jam.send_signal(signal.SIGKILL)
        for each in watched:
            assert select.select([each], [], [], 20)[0], "a process is still there"
            os.close(each)
        live.wait_until_both_have_gone()
        sound, _ = live.heard()
    assert np.abs(sound).max() > 0
    assert np.abs(sound[-RATE // 10 :]).max() == 0


def test_without_midi_it_is_heard_alone(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(NO_MIDI)
    recorder = python("tests/jack_recorder.py", "sound:output_1", "nothing", str(tmp_path / "out"))
    assert recorder.stdout.readline() == "# ready\n"
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    with subprocess.Popen(
        [sys.executable, "-c", JAM, "jam", "groove", "--sound", "--sync", "internal"],
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
    ) as jam:
        assert recorder.stdout.readline().startswith("# connected")
        assert recorder.stdout.readline() == "# heard\n"
        jam.send_signal(signal.SIGINT)
        said = jam.stderr.read()
    recorder.stdin.close()
    recorder.wait()
    recorder.stdout.close()
    assert (jam.returncode, "heard, but sent nowhere" in said) == (0, True)


def test_the_sound_follows_another_map_and_another_model_while_it_plays(tmp_path):
    with recorded(
        tmp_path, "groove", "--name", "sounds", "--bpm", "160", "--sync", "internal"
    ) as live:
        at: dict[str, int] = {}
        with Client("sounds") as jam:
            jam.say({"ask": "watch", "only": ["changed", "sounded"]})
            jam.say({"do": "drum-map", "value": "bfd3", "at": "bar"})
            events = jam.events(60.0)
            for event in events:
                if event["event"] == "changed":
                    at[event["what"]] = event["tick"]
                elif "drum_map" in at and event["tick"] > at["drum_map"] + BAR:
                    jam.say({"do": "model", "value": "chip"})
                    break
            for event in events:
                if event["event"] == "changed":
                    at[event["what"]] = event["tick"]
                elif event["data"][:2] == "90":
                    at.setdefault("chip", event["tick"])
                elif "chip" in at and event["tick"] > at["chip"] + BAR:
                    break
        live.jam.send_signal(signal.SIGINT)
        live.wait_until_both_have_gone()
        sound, messages = live.heard()
    (first,) = [at for at, data in messages if data[0] == 0x90][:1]
    mapped, chip = (
        first + (at[what] - at["chip"]) * RATE * 60 // (160 * 480) for what in ("drum_map", "model")
    )
    changes = [
        (0, kit_of("groove")),
        (mapped, kit_of("groove", drum_map="bfd3")),
        (chip - EARLY * RATE * 60 // (160 * 480), kit_of("chip", drum_map="bfd3")),
    ]
    until = messages[-1][0] - RATE // 10
    for begin, end in ((0, mapped), (mapped, chip), (chip, until)):
        expected, first_kit = (
            as_heard(messages, kits, len(sound))[begin:end] for kits in (changes, changes[:1])
        )
        assert np.corrcoef(sound[begin:end], expected)[0, 1] > 0.99
        assert begin == 0 or np.corrcoef(sound[begin:end], first_kit)[0, 1] < 0.9
