"""Which kind of preset a document is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daw_bridge.config.drum_map import DrumMapFile
from daw_bridge.config.jam import JamFile
from daw_bridge.config.render import RenderFile
from daw_bridge.config.rewards import RewardsFile
from daw_bridge.config.schema import Schema
from daw_bridge.config.sound import SoundFile
from daw_bridge.config.training import TrainingFile
from daw_bridge.config.tuning import TuningFile
from daw_bridge.document import Document

SCHEMAS: Mapping[str, type[Schema]] = {
    "presets/jams": JamFile,
    "presets/drum_maps": DrumMapFile,
    "presets/render": RenderFile,
    "presets/rewards": RewardsFile,
    "presets/sounds": SoundFile,
    "presets/training": TrainingFile,
    "presets/tuning": TuningFile,
}
"""The schema of each kind of preset that `files.find` looks up."""


def kind_of(document: Document) -> str:
    """Tell what a preset is: by its folder, else by the schema whose keys it has the most of."""
    by_folder = f"presets/{document.path.resolve().parent.name}"
    if by_folder in SCHEMAS:
        return by_folder
    keys = set(document.data) if isinstance(document.data, dict) else set[Any]()
    return max(SCHEMAS, key=lambda kind: len(keys & SCHEMAS[kind].model_fields.keys()))
