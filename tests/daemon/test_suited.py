"""The model of a file is told by the manifest beside it, or by its channels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daw_bridge.daemon.suited import model_for
from daw_bridge.daemon.takes import MANIFEST
from daw_bridge.errors import UserError
from tests.render.tunes import tune


def of_channels(folder: Path, *channels: int) -> Path:
    notes = [(0, 200, 60, 100, channel - 1) for channel in channels]
    return tune(folder / "a tune.mid", notes)


@pytest.mark.parametrize(
    ("channels", "model"),
    [((10,), "groove-drums"), ((1,), "lead"), ((1, 2, 3, 4), "chorale"), ((2, 10), "chip")],
)
def test_the_smallest_that_has_the_channels_suits(tmp_path, channels, model):
    assert model_for(of_channels(tmp_path, *channels)) == model


@pytest.mark.parametrize(
    ("channels", "found"),
    [((1, 2), "chip and chorale for its channels, 1, 2"), ((16,), "none for"), ((), "none for")],
)
def test_where_none_or_several_suit_one_is_asked_for(tmp_path, channels, found):
    with pytest.raises(UserError, match=f"{found}.*add --model"):
        model_for(of_channels(tmp_path, *channels))


def test_a_manifest_tells_it_as_far_as_it_can_be_read(tmp_path):
    midi = of_channels(tmp_path, 1, 2)
    lines = [
        {"file": "other.mid", "model": "lead"},
        ["no entry"],
        {"midi": midi.name},
        {"file": midi.name, "model": "gone since"},
        {"file": "a tune.wav", "midi": midi.name, "model": "chip"},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / MANIFEST).write_text(f"no json\n{text}\n")
    assert model_for(midi) == "chip"
