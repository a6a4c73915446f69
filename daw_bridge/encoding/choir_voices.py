"""Soprano, alto, tenor and bass, each one note at a time, as `voices` encodes them."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.encoding.voices import VoicedBars, Voices

CHOIR = 4
"""Soprano, alto, tenor and bass."""

VOICES = Voices((range(17, 105),) * CHOIR)
"""What strings that play such voices reach, and room to move them to another key."""


@dataclass(frozen=True, slots=True)
class ChoirVoices(VoicedBars):
    """The grid and the key of four voices of a choir, from the highest."""

    name = "choir-voices"
    kind = "choir"
    voices = VOICES
    start_token = VOICES.start
    """Stands after the last bar of a piece; no bar holds it."""
    first_meter = VOICES.meter
