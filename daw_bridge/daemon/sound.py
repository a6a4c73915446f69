"""How a jam is heard without a DAW: a kit, and which of its instruments plays each voice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daw_bridge.config.files import find
from daw_bridge.config.jam import load_jam
from daw_bridge.config.render import load_render, preset_for
from daw_bridge.jam.modes import Name
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.trade import OTHER
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.policies.card import read as read_card
from daw_bridge.ports.backend import SoundSettings

if TYPE_CHECKING:
    from daw_bridge.daemon.settings import Ready

UNNAMED = "notes"
"""What a voice is called that the card of its model has no name for."""


@dataclass(frozen=True, slots=True)
class Sound:
    """An audio system, the settings of a kit, and what voices are called, as models' cards have it.

    The instruments of a kit have the same names.
    """

    audio: str
    kit: Mapping[str, Any]
    names: Mapping[int, str]

    @staticmethod
    def of(jam: Ready, audio: str) -> Sound:
        """Have the voices of a jam played by the kit that has the most of them.

        Raises:
            UserError: a model or a preset is not in order.
        """
        names = _names(jam)
        kit = load_render(preset_for("pyo", list(names.values()))).settings
        return Sound(audio, kit, names)

    def following(self, jam: Ready) -> Sound:
        """Return the instruments of other settings: these, where the voices are the same.

        Raises:
            UserError: see `of`.
        """
        return self if _names(jam) == self.names else Sound.of(jam, self.audio)

    def settings(self, routes: Mapping[int, Route]) -> SoundSettings:
        """Return what plays where voices go; of several on one channel the first one says it.

        A kit gets General MIDI's drums, whatever map its channel is sent through.
        """
        parts: dict[tuple[str, int], dict[str, Any]] = {}
        for voice, route in sorted(routes.items()):
            part = {
                "port": route.port,
                "channel": route.channel,
                "voice": self.names.get(voice, UNNAMED),
                "notes": [] if route.drum_map is None else _canonical(route.drum_map),
            }
            parts.setdefault((route.port, route.channel), part)
        told = {"kit": dict(self.kit), "parts": list(parts.values())}
        return SoundSettings(self.audio, json.dumps(told))


def _names(jam: Ready) -> dict[int, str]:
    """Return what voices are called, those of the other player of a trade as well."""
    file = jam.file
    names = dict(enumerate(read_card(jam.folder).voices))
    if file.mode == Name.TRADE and file.turns.other is not None:
        other = read_card(find("models", load_jam(file.turns.other).model))
        names |= {voice + OTHER: name for voice, name in enumerate(other.voices)}
    return names


def _canonical(drum_map: DrumMap) -> list[int]:
    """Return General MIDI's note for each note of a kit; -1 for one that is none of its drums."""
    notes = (drum_map.to_canonical(note) for note in range(128))
    return [-1 if note is None else note for note in notes]
