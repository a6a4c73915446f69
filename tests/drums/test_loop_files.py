"""The manifest of new loops: what it says, and which files it makes ours."""

import json

import pytest

from daw_bridge.drums.loop_combine import VALID, Combination
from daw_bridge.drums.loop_files import file_names, manifest_of, named_in
from daw_bridge.drums.loop_parts import ROLES, Part
from daw_bridge.music.time import Meter

PARTS = tuple(Part(f"{role}/00", role, (), Meter(), 2, 140.0) for role in ROLES)


def test_a_manifest_says_which_parts_made_which_loop():
    loops = [Combination(PARTS, VALID)]
    manifest = manifest_of(dict(zip(file_names(loops), loops, strict=True)), {"seed": 1})
    assert manifest.endswith("\n")
    assert json.loads(manifest) == {
        "file": "valid/loop_00001.mid",
        "split": "valid",
        "parts": {"kick": "kick/00", "snare": "snare/00", "hi-hat": "hi-hat/00"},
        "bpm": 140.0,
        "meter": "4/4",
        "seed": 1,
    }
    assert named_in(manifest) == ["valid/loop_00001.mid"]


def test_what_valid_was_called_is_known():
    assert named_in('{"file": "validation/loop_00001.mid"}') == ["validation/loop_00001.mid"]


@pytest.mark.parametrize(
    "name", ["../loop_00001.mid", "/loop_00001.mid", "mine.mid", "train/x/loop_1.mid"]
)
def test_a_manifest_that_was_written_by_others_names_no_file_of_ours(name):
    assert named_in(json.dumps({"file": name})) == []
