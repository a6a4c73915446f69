"""The model that suits a MIDI file, where none is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from daw_bridge.config.files import find, names
from daw_bridge.daemon.settings import voices_of
from daw_bridge.daemon.takes import MANIFEST
from daw_bridge.errors import UserError
from daw_bridge.files import read_text
from daw_bridge.midi import files
from daw_bridge.policies.card import Card
from daw_bridge.policies.card import read as read_card

LARGEST_BYTES = 1 << 30
"""Of a manifest: a million tracks."""


def model_for(midi: Path) -> str:
    """Return the name of the model that made a file, or else of the one that has its channels.

    A manifest beside the file tells who made it. Of several models that have all of its channels,
    the one with the fewest voices suits; a model that was tuned from another gives way to it.

    Raises:
        UserError: the file cannot be read, or none suits, or several do.
    """
    channels = {note.channel for note in files.read(midi).notes}
    for name in _told(midi):
        if name in names("models"):
            return name
    cards = {name: read_card(find("models", name)) for name in names("models")}
    routed = {name: _channels(card) for name, card in cards.items() if "tuned" not in card.facts}
    having = [name for name in routed if channels and channels <= routed[name]]
    fewest = min((len(routed[name]) for name in having), default=0)
    suited = [name for name in having if len(routed[name]) == fewest]
    if len(suited) != 1:
        played = ", ".join(str(channel + 1) for channel in sorted(channels)) or "none"
        found = f"{' and '.join(suited) or 'none'} for its channels, {played}"
        raise UserError(f"one model that suits {midi}", found, "add --model")
    return suited[0]


def _channels(card: Card) -> set[int]:
    return {voice.channel - 1 for voice in voices_of(card)}


def _told(midi: Path) -> Iterator[str]:
    """Read who made a file from a manifest of takes or of tracks beside it, if there is one."""
    try:
        lines = read_text(midi.parent / MANIFEST, LARGEST_BYTES, "a manifest").splitlines()
    except UserError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
            if midi.name == entry.get("midi", entry.get("file")):
                yield str(entry["model"])
        except (ValueError, KeyError, AttributeError):
            continue
