"""Four voices as on the NES: two pulses, a triangle and noise, as `voices` encodes them.

There are three tokens for each key: for music with drums, without, and for any. The noise voice
plays the nine drums.
"""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.encoding.keyed_bars import KeyedBars
from daw_bridge.encoding.meters import N_KEYS
from daw_bridge.encoding.voices import VoicedBars, Voices
from daw_bridge.music.time import Meter

PULSE_1, PULSE_2, TRIANGLE, NOISE = range(4)

VOICES = Voices((range(33, 109), range(33, 109), range(21, 109)), drums=True)

_DRUMS = ("", "_without_drums", "_with_drums")


@dataclass(frozen=True, slots=True)
class ChipVoices(VoicedBars):
    """Four voices on a grid, in a key and with drums or not, as `encode` says; None is any."""

    drums: bool | None = None

    name = "chip-voices"
    kind = "chip"
    voices = VOICES
    start_token = VOICES.start
    """Stands after the last bar of a piece; no bar holds it."""
    first_meter = VOICES.meter
    n_key_tokens = len(_DRUMS) * N_KEYS
    key_suffixes = _DRUMS

    def conditions(self, meter: Meter) -> tuple[int, int]:
        """Return the tokens that open a bar: meter, key and drums."""
        opened, key = KeyedBars.conditions(self, meter)
        return opened, key + N_KEYS * (0 if self.drums is None else 1 + self.drums)
