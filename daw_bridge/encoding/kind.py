"""What there is to play: what an encoding holds, and what of a piece a model learns from."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["drums", "line", "polyphony", "choir", "chip", "frames", "events"]
"""`events` are in seconds or samples, and no bars."""

IN_BARS = tuple(kind for kind in get_args(Kind) if kind != "events")
