"""What the outside world may ask of a running session."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.music.drums import DrumMap


@dataclass(frozen=True, slots=True)
class Stop:
    """End the jam now; `why` is shown to the user."""

    why: str = "stopped"


@dataclass(frozen=True, slots=True)
class Panic:
    """End every sounding note now, and go on playing at the next bar line."""


@dataclass(frozen=True, slots=True)
class SetTempo:
    """Play on at another tempo, from the first tick that is not committed yet."""

    tempo_qpm: float


@dataclass(frozen=True, slots=True)
class SetDrumMap:
    """Send the drums of every route through another map; notes that sound end as they were sent."""

    drum_map: DrumMap


Command = Stop | Panic | SetTempo | SetDrumMap
