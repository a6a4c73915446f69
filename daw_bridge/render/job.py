"""A job: which notes become which sound file, through what. Data, and nothing that acts on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMATS = ("wav", "flac", "ogg", "mp3")
"""How a sound file may end, and so what is in it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One MIDI file that becomes one sound file.

    `settings` are the engine's own, as its schema has them, in values that JSON has. `parts` say
    what plays on a channel (0..15), as a model's card calls it: "pulse 1", "noise", "drums". The
    song is followed by `tail_s` seconds in which it may ring out, which `loop` folds into its
    start. `lufs` is the loudness that it is brought to; None: it stays as it is.
    `limit_s` is how long the engine may take.
    """

    midi: Path
    out: Path
    engine: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    preset: str = ""
    parts: Mapping[int, str] = field(default_factory=dict)
    rate: int = 48_000
    tail_s: float = 1.0
    loop: bool = False
    lufs: float | None = None
    limit_s: float = 120.0

    @property
    def format(self) -> str:
        """One of `FORMATS`."""
        return self.out.suffix[1:].lower()

    def as_json(self) -> str:
        """Return it as one line of JSON."""
        values = {**asdict(self), "midi": str(self.midi), "out": str(self.out)}
        return json.dumps(values)

    @classmethod
    def from_json(cls, line: str | bytes) -> Job:
        """Read what `as_json` wrote."""
        values = json.loads(line)
        parts = {int(channel): part for channel, part in values.pop("parts").items()}
        midi, out = Path(values.pop("midi")), Path(values.pop("out"))
        return cls(midi, out, parts=parts, **values)
