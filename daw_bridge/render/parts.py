"""Which voice of a model plays on a channel of a MIDI file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daw_bridge.config.files import find
from daw_bridge.config.jam import VoiceFile
from daw_bridge.daemon.settings import voices_of
from daw_bridge.daemon.takes import MANIFEST
from daw_bridge.errors import UserError
from daw_bridge.files import read_text
from daw_bridge.policies.card import Card
from daw_bridge.policies.card import read as read_card

LARGEST_BYTES = 1 << 30


def by_channel(card: Card, voices: tuple[VoiceFile, ...]) -> dict[int, str]:
    """Return which voice is on each channel (0..15), by the card's name for it."""
    out: dict[int, str] = {}
    for each in voices:
        name = card.voices[each.voice] if each.voice < len(card.voices) else "notes"
        out.setdefault(each.channel - 1, name)
    return out


class Parts:
    """What is known of the channels of MIDI files.

    A model that is named tells it, or the manifest that `generate` or `factory` wrote beside them.
    """

    def __init__(self, model: str | None) -> None:
        self._card = None if model is None else read_card(find("models", model))
        self._folders: dict[Path, Mapping[str, dict[int, str]]] = {}

    def of(self, midi: Path) -> dict[int, str]:
        """Return which voice is on each channel (0..15) of a file; none where nothing tells."""
        if self._card is not None:
            return by_channel(self._card, voices_of(self._card))
        folder = midi.parent
        if folder not in self._folders:
            self._folders[folder] = _told(folder / MANIFEST)
        return self._folders[folder].get(midi.name, {})

    def voices(self, midi: Path) -> list[str]:
        """Return the names of all voices of a file."""
        return list(self.of(midi).values())


def _told(manifest: Path) -> dict[str, dict[int, str]]:
    """Read what a manifest of takes or of tracks says of its MIDI files, as far as it can."""
    out: dict[str, dict[int, str]] = {}
    try:
        lines = read_text(manifest, LARGEST_BYTES, "a manifest").splitlines()
    except UserError:
        return {}
    for line in lines:
        try:
            entry: dict[str, Any] = json.loads(line)
            card = read_card(find("models", entry["model"]))
            said = entry["settings"].get("voices") or ()
            voices = tuple(VoiceFile(**each) for each in said) or voices_of(card)
            out[str(entry.get("midi", entry["file"]))] = by_channel(card, voices)
        except (UserError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return out
