"""A sound that was found, as a render preset: from then on it is an instrument."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from daw_bridge.files import whole


def write_preset(path: Path, title: str, sounds: Mapping[str, tuple[str, float]]) -> Path:
    """Write a render preset that plays some programs.

    `sounds` has for each drum ("kick", "snare", "closed-hat"), or for "any" note, the program and
    its seconds; a `{}` in a program is the note's frequency.

    Raises:
        UserError: the file cannot be written.
    """

    def programs() -> dict[str, Any]:  # each anew: the same one twice would be an alias in YAML
        played = {name: {"code": code, "seconds": s} for name, (code, s) in sounds.items()}
        return {"wave": "programs", "sounds": played}

    preset = {
        "title": title,
        "engine": "pyo",
        "rate": 44_100,
        "settings": {"drums": programs(), "others": [programs()]},
    }
    with whole(path) as file:
        file.write_text(yaml.safe_dump(preset, sort_keys=False), encoding="utf-8")
    return path
