"""The golden takes: what shipped presets play, as one hash each.

    python -m tests.golden.takes

writes `takes.json` anew. That is right only where music is meant to change, and the commit that
does it says why.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import mido

from daw_bridge.cli.main import run

FILE = Path(__file__).with_name("takes.json")

PRESETS = ("chip", "chorale", "groove", "lead")
SEEDS = (1, 2)

_MELODY = "--primer-melody=[60,-2,62,-2,64,-2,-2,-1,67,-2,65,-2,64,-2,62,-2]"
_BEAT = "--primer-drums=[[36,42],[],[42],[],[38,42],[],[42],[36]]"

STEERED: dict[str, tuple[str, ...]] = {
    "groove sparse": ("groove", "--density", "9", "--mute", "kick", "--temperature", "1.1"),
    "groove locked": ("groove", _BEAT, "--lock", "snare", "--meter", "6/8"),
    "groove around a beat": ("groove", _BEAT, "--inject-primer", "--keep-primer"),
    "lead in a scale": ("lead", "--scale", "D dorian", "--density", "6", "--top-p", "1"),
    "lead after a melody": ("lead", _MELODY, "--keep-primer", "--meter", "3/4"),
    "chorale under a melody": ("chorale", _MELODY, "--inject-primer", "--polyphony", "3"),
    "chip sparse": ("chip", "--density", "12", "--polyphony", "2", "--condition", "drums=false"),
    "chip around a melody": ("chip", _MELODY, "--inject-primer", "--condition", "key=E minor"),
}
"""Jams that go through primers, limits and other meters, by name: their arguments."""


def cases() -> dict[str, tuple[str, ...]]:
    """Give the arguments of every golden jam by its name."""
    plain = {
        f"{preset} {seed}": (preset, "--bars", "32", "--seed", str(seed))
        for preset in PRESETS
        for seed in SEEDS
    }
    steered = {name: (*given, "--bars", "8", "--seed", "3") for name, given in STEERED.items()}
    return plain | steered


def hash_of(arguments: tuple[str, ...], folder: Path) -> str:
    """Play a jam in virtual time; give a hash of its channel messages and their ticks.

    What else the file holds, such as its name or meters, is not part of what is played.
    """
    take = folder / "take.mid"
    assert run(["jam", *arguments, "--backend", "offline", "--record", str(take)]) == 0
    played = hashlib.sha256()
    for track in mido.MidiFile(take).tracks:
        tick = 0
        for message in track:
            tick += message.time
            if not message.is_meta:
                played.update(f"{tick} {message.hex()}\n".encode())
    take.unlink()
    return played.hexdigest()[:16]


def main() -> None:
    """Write the hashes of all cases."""
    with tempfile.TemporaryDirectory() as folder:
        hashes = {name: hash_of(given, Path(folder)) for name, given in cases().items()}
    FILE.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
