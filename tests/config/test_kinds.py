"""What a preset is told to be, by where it lies or by its keys."""

from pathlib import Path

import pytest

from daw_bridge.config.files import KINDS
from daw_bridge.config.kinds import SCHEMAS, kind_of
from daw_bridge.document import parse


def test_every_kind_of_preset_has_a_schema():
    assert set(SCHEMAS) == {kind for kind in KINDS if kind.startswith("presets/")}


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("drum_maps/a.yaml", "model: groove-drums", "presets/drum_maps"),
        ("a.yaml", "model: groove-drums", "presets/jams"),
        ("a.yaml", "codec: {name: line}", "presets/training"),
        ("a.yaml", "drums: {kick: 36}", "presets/drum_maps"),
        ("a.yaml", "- 1", "presets/jams"),
    ],
)
def test_the_folder_tells_else_the_keys(path, text, kind):
    assert kind_of(parse(text, Path("/nowhere") / path)) == kind
