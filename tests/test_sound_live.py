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
from daw_bridge.daemon.settings import ready
from daw_bridge.midi.messages import TimedMessage, rank_of, starts_note
from daw_bridge.music.time import Seconds
from daw_bridge.render.live import LiveKit, LiveSettings
from daw_bridge.render.parts import sound_of

pytest.importorskip("pyo", reason="needs the sound extra")
pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

ROOT = Path(__file__).parents[1]
RATE = 48_000
WITHIN_S = 0.003
"""How far from its MIDI message the sound of a note may begin."""

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


@pytest.mark.parametrize("preset", ["groove", "chip"])
def test_each_note_is_heard_where_its_message_is_and_nothing_after_the_end(tmp_path, preset):
    with recorded(tmp_path, preset, "--bars", "2", "--no-ending") as live:
        said = live.jam.stdout.read()
        live.jam.wait()
        assert (live.jam.returncode, "all bars played: 2 bars" in said) == (0, True)
        live.wait_until_both_have_gone()
        sound, messages = live.heard()
    kit = LiveKit(
        LiveSettings.model_validate_json(sound_of(ready(load_jam(preset), {}), "auto").kit), RATE
    )
    for at, data in messages:
        kit.play(at, TimedMessage(Seconds(0.0), rank_of(data), 0, "notes", data))
    notes = [at for at, data in messages if starts_note(data)]
    assert len(notes) > 10
    assert abs(onset(sound, notes[0])) < WITHIN_S
    expected = kit.mix(0, len(sound))[0]
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
