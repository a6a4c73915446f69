"""The golden takes of jams with a player, in every mode: what is heard of each, as one hash.

    python -m tests.golden.with_a_player

writes `with_a_player.json` anew. That is right only where music is meant to change, and the commit
that does it says why.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from daw_bridge.jam.commands import Command, Keep
from daw_bridge.jam.events import Event, Sounded
from daw_bridge.jam.modes import Name
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from tests.played_jam import Played, jam_with, of_bars

FILE = Path(__file__).with_name("with_a_player.json")

BARS = 64

SECTION = (
    (62, 64, 66, 67, 69, 71, 73, 74),
    (74, 69, 66, 62),
    (),
    (71, 69, 67, 66, 67, 69),
)
"""What is played in four bars: eighths where it is more than four notes, else quarters."""


def performance() -> list[Played]:
    """Give what the player plays: two bars of four in every phrase of eight, then other ones."""
    bars = []
    for number in range(BARS):
        pitches = SECTION[number % 4] if number % 8 < 6 else ()
        length = 240 if len(pitches) > 4 else 480
        louder = 70 + number % 40
        notes = [
            Note(Ticks(n * length), pitch + number // 16, Ticks(length - 40), louder)
            for n, pitch in enumerate(pitches)
        ]
        bars.append(Bar.of(notes))
    return list(of_bars(bars))


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "solo": ("lead", {}),
    "continue": ("continue", {}),
    "call-response": ("call-response", {}),
    "call-response of a band": ("chip", {"mode": Name.CALL_RESPONSE.value}),
    "accompany": ("accompany", {}),
    "accompany with a choir": (
        "chorale",
        {"mode": Name.ACCOMPANY.value, "primer": {"inject": True}},
    ),
    "follow": ("follow", {}),
    "trade": ("trade", {}),
    "loop": ("loop", {}),
    "vary": ("vary", {}),
}
"""Of each mode one jam at least: its preset and options."""

KEPT: list[tuple[Ticks, Command]] = [(Ticks(20 * Meter().bar_length() + 100), Keep())]
"""A loop is kept in its twentieth bar."""


def events_of(name: str) -> list[Event]:
    """Play a case; return all that happened."""
    preset, options = CASES[name]
    commands = KEPT if name in ("loop", "vary") else []
    return jam_with(preset, performance(), commands=commands, bars=BARS, **options)


def hash_of(events: list[Event]) -> str:
    """Return a hash of what was heard."""
    played = hashlib.sha256()
    for event in events:
        if isinstance(event, Sounded):
            played.update(f"{event.tick} {event.port} {event.data.hex()}\n".encode())
    return played.hexdigest()[:16]


def main() -> None:
    """Write the hashes of all cases."""
    hashes = {name: hash_of(events_of(name)) for name in CASES}
    FILE.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
