"""Where a DAW is in its song."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.music.time import Meter, Seconds, Ticks


@dataclass(frozen=True, slots=True)
class Position:
    """Where the DAW is at a second of the ports' clock, whatever tells of it.

    `tick` counts from the start of its song, 480 a quarter. While it is `rolling`, its tick goes on
    from there at `tempo_qpm`; else it stands there, and goes on from there when it is started.
    `meter` is that of the bar; None where nothing says it.
    """

    time_s: Seconds
    tick: Ticks
    tempo_qpm: float
    rolling: bool
    meter: Meter | None = None
