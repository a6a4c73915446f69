"""What the drummer that looks back is shown of a take: every hit, and which bars are fills."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

from daw_bridge.corpora.pieces import Piece  # noqa: E402  what follows needs torch
from daw_bridge.midi.files import write  # noqa: E402
from daw_bridge.midi.messages import note_off, note_on  # noqa: E402
from daw_bridge.music.notes import Bar, Note  # noqa: E402
from daw_bridge.music.time import Meter, Ticks  # noqa: E402
from daw_bridge.training.networks.drum_lookback_examples import (  # noqa: E402
    ANY,
    NO,
    YES,
    example_of,
    fills,
)


def take_of(bars: list[Bar], split: str = "train") -> Piece:
    about = {"style": "funk", "kind": "beat"}
    return Piece.of("t", bars, tempo_qpm=100.0, split=split, conditions=about)


def with_toms(*counts: int) -> list[Bar]:
    return [Bar.of(Note(Ticks(120 * k), 48, Ticks(60), 90) for k in range(n)) for n in counts]


def test_a_bar_full_of_toms_is_a_fill_where_toms_are_rare() -> None:
    bars = with_toms(0, 0, 0, 6, 1, 3)
    assert fills(bars, is_fill=False) == [NO, NO, NO, YES, ANY, ANY]
    assert fills(with_toms(6, 6, 6, 6), is_fill=False) == [ANY] * 4
    assert fills(with_toms(0, 2), is_fill=True) == [YES, YES]


def test_an_example_holds_every_hit_in_order() -> None:
    notes = [
        Note(Ticks(0), 36, Ticks(60), 127),
        Note(Ticks(100), 38, Ticks(60), 20),
        Note(Ticks(130), 38, Ticks(60), 101),
        Note(Ticks(120), 42, Ticks(60), 64),
    ]
    example = example_of(take_of([Bar.of(notes)]))
    assert example.steps["target"][:3].tolist() == [256, 192, 0]
    assert example.events["step"].tolist() == [0, 1, 1, 1]
    assert example.events["velocity"].tolist() == [31, 4, 25, 15]
    assert example.events["offset"].tolist() == [15, 31 + 10, 17, 15]
    assert example.events["drum"].tolist() == [0, 1, 1, 2]
    assert np.unique(example.steps["conditions"][:, 2]).tolist() == [NO]


def test_the_silence_after_the_last_hit_is_not_learnt() -> None:
    bars = with_toms(0, 3, 1, 0)
    weight = example_of(take_of(bars)).steps["weight"]
    assert np.flatnonzero(weight).tolist() == list(range(33))
    assert example_of(take_of(bars, "valid")).steps["weight"].all()
    assert example_of(take_of(with_toms(0))).steps["weight"].all()


def test_an_example_counts_the_steps_of_each_bar_in_its_meter() -> None:
    hit = [Note(Ticks(0), 36, Ticks(60), 90)]
    bars = [Bar.of(hit, meter) for meter in (Meter(3, 4), Meter(5, 8))]
    example = example_of(Piece.of("t", bars, split="train"))
    assert len(example) == 12 + 10
    assert np.flatnonzero(example.steps["target"]).tolist() == [0, 12]
    assert not example.steps["conditions"][:, 0].any()


def test_any_folder_of_drums_can_be_learnt_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daw_bridge.config.training import load_training
    from daw_bridge.encoding.drum_grid import DrumGrid
    from daw_bridge.training.materials import read_material

    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    rng = np.random.default_rng(1)
    folder = tmp_path / "mine"
    for k in range(10):
        ticks = sorted(rng.choice(1920 * 4, 30, replace=False).tolist())
        events = [(Ticks(tick), note_on(9, 36, 90)) for tick in ticks]
        events += [(Ticks(tick + 20), note_off(9, 36)) for tick in ticks]
        write(folder / f"{k}.mid", events, tempo_qpm=100, meter=Meter(), name="x")
    (folder / "broken.mid").write_bytes(b"MThd")
    material = read_material(load_training("groove-drums"), folder, DrumGrid())
    assert len(material.train) >= 8
    assert len(material.valid) >= 1
    (source,) = material.music.sources
    assert (source["name"], source["licence"]) == ("mine", "the user's own")
    assert any(line.startswith("broken") for line in material.music.skipped)
