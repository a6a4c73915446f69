"""Golden losses: each network learns from the same few pieces what it learnt before.

The figures are of two epochs, to five digits: processors add up in orders of their own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

from daw_bridge.config.training import LoopFile, Named, load_training  # noqa: E402  what follows needs torch
from daw_bridge.encoding.drum_text import to_text  # noqa: E402
from daw_bridge.midi import files  # noqa: E402
from daw_bridge.midi.messages import note_off, note_on  # noqa: E402
from daw_bridge.music.time import Meter, Ticks  # noqa: E402
from daw_bridge.policies.load import build_vocabulary  # noqa: E402
from daw_bridge.training.materials import read_material  # noqa: E402
from daw_bridge.training.train_lstm import train  # noqa: E402

LOOP = {"epochs": 2, "batch": 3, "chunk": 24, "longest": 48, "warm_up": 4, "learning_rate": 0.01}
TOKENS = {"hidden": 12, "layers": 1, "embedding": 6, "looked": 4, "head": 8}
PIANO = {"seen": 11, "copied": 14, "keys": 25}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is read in a folder of the test's own."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))


def write_notes(path: Path, notes: list[tuple[int, int, int]], *, channel: int) -> None:
    """Write notes of (tick, pitch, velocity), 90 ticks each."""
    events = [(Ticks(tick), note_on(channel, pitch, velocity)) for tick, pitch, velocity in notes]
    events += [(Ticks(tick + 90), note_off(channel, pitch)) for tick, pitch, _ in notes]
    files.write(path, events, tempo_qpm=100, meter=Meter(), name=path.stem)


def takes(folder: Path) -> Path:
    """Write takes that lie beside a table, as the Groove MIDI Dataset has them."""
    rng = np.random.default_rng(1)
    rows = ["drummer,style,bpm,beat_type,time_signature,midi_filename,split"]
    for k in range(9):
        n_bars = 14 if k < 3 else 3
        steps = rng.choice(16 * n_bars, 5 * n_bars, replace=False)
        ticks = np.maximum(120 * steps + rng.integers(-20, 30, len(steps)), 0).tolist()
        pitches = rng.choice([36, 38, 42, 48], len(steps)).tolist()
        velocities = rng.integers(20, 120, len(steps)).tolist()
        hits = list(zip(ticks, pitches, velocities, strict=True))
        write_notes(folder / f"{k}.mid", hits, channel=9)
        style, kind = ("funk/slow", "rock")[k % 2], ("beat", "fill")[k == 4]
        split = "validation" if k > 6 else "train"
        rows.append(f"d1,{style},{90 + 7 * k},{kind},4-4,{k}.mid,{split}")
    (folder / "info.csv").write_text("\n".join(rows) + "\n")
    return folder


def drum_text(folder: Path) -> Path:
    rng = np.random.default_rng(2)
    bars = rng.choice([0, 0, 64, 256, 320], (12, 5, 16)).tolist()
    lines = [" ".join(to_text([*bar, 512]) for bar in piece) for piece in bars]
    folder.mkdir()
    (folder / "drums.txt").write_text("\n".join(lines))
    return folder / "drums.txt"


def tunes(folder: Path) -> Path:
    rng = np.random.default_rng(3)
    for k in range(6):
        pitches = rng.choice([60, 62, 64, 65, 67], 12 + k).tolist()
        notes = [(240 * i, pitch, 90) for i, pitch in enumerate(pitches)]
        write_notes(folder / f"{k}.mid", notes, channel=0)
    return folder


GOLDEN = {
    "drums": [1.119372, 3.402562, 3.466492, 1.069699, 3.341183, 3.305141],
    "drum words": [1.403401, 1.30435],
    "takes as text": [2.220545, 1.811681],
    "text": [4.266446, 3.77906],
    "melodies": [3.750078, 3.810001],
    "melodies, plain": [5.128185, 5.008584],
}
"""Nats of each kind of thing, of training, then of validation."""

RUNS = {
    "drums": ("groove-drums", takes, "look-back", {"hidden": 12, "embedding": 4, "feel": 6}),
    "drum words": ("metallica", drum_text, "look-back", {"hidden": 12, "embedding": 4, "feel": 0}),
    "takes as text": ("lstmetallica-groove", takes, "lstm", {"hidden": 12, "embedding": 6}),
    "text": ("lstmetallica", drum_text, "lstm", {"hidden": 12, "embedding": 6}),
    "melodies": ("lead", tunes, "token-look-back", {**TOKENS, **PIANO}),
    "melodies, plain": ("lead", tunes, "lstm", {"hidden": 12, "embedding": 6}),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_network_learns_what_it_learnt_before(name: str, tmp_path: Path) -> None:
    preset, data, kind, shape = RUNS[name]
    file = load_training(preset)
    loop = LoopFile(**{**file.loop.model_dump(), **LOOP})
    network = file.network.model_copy(update={"kind": kind, "shape": shape})
    as_it_comes = file.reading.model_copy(update={"balance": {}})
    changed = {"loop": loop, "network": network, "reading": as_it_comes, "device": "cpu"}
    if preset == "lead":
        changed["codec"] = Named(name="line")  # no tune has a style here
    file = file.model_copy(update=changed)
    codec = build_vocabulary(file.codec.name, file.codec.options)
    material = read_material(file, data(tmp_path / "data"), codec)
    result = train(file, material, codec, tmp_path / "out")
    row = result.history[-1]
    found = [row[split][name] for split in ("train", "valid") for name in row["train"]]
    assert found == pytest.approx(GOLDEN[name], rel=1e-5)
