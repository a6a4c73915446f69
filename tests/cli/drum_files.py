"""Files of drums as users have them, and what stands in those that commands write."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

BAR = 1920
GROOVE = Path(__file__).parents[3] / "shared" / "data" / "groove"


def write(path: str, *hits: tuple[int, int], channel: int = 9, bars: int = 2, **settings) -> Path:
    """Write a file of (tick, note) hits, each an eighth of a beat long."""
    events = [
        event
        for tick, note in hits
        for event in (
            (Ticks(tick), note_on(channel, note, 60 + note % 50)),
            (Ticks(tick + 60), note_off(channel, note)),
        )
    ]
    settings = {"tempo_qpm": 125.0, "meter": Meter(), "name": "take", **settings}
    files.write(Path(path), events, length=Ticks(bars * BAR), **settings)
    return Path(path)


def notes(path: Path | str) -> list[tuple[int, int, int]]:
    return [(n.start, n.pitch, n.channel) for n in files.read(Path(path)).notes]


AD2 = {"kick": 36, "snare": 38, "hat": 49, "ride": 60, "crash": 77, "tom": 71}
GM = {"kick": 36, "snare": 38, "hat": 42, "ride": 51, "crash": 49, "tom": 50}


def beat(
    *, kick: int, snare: int, hat: int, ride: int, crash: int, tom: int
) -> list[tuple[int, int]]:
    hits = [(bar * BAR + i * 240, hat if bar < 4 else ride) for bar in range(8) for i in range(8)]
    hits += [(bar * BAR + at, kick) for bar in range(8) for at in (0, 960, 1200)]
    hits += [(bar * BAR + at, snare) for bar in range(8) for at in (480, 1440)]
    return sorted({*hits, (0, crash), (4 * BAR, crash), (8 * BAR - 240, tom)})


def pack(folder: str = "pack") -> None:
    """Write a pack as producers find it: any note, any channel, names that tell."""
    for i in range(4):
        at = 120 * (i + 1)
        write(f"{folder}/Kicks/Kick_{i:02}.mid", (0, 60), (at, 60), channel=0)
        write(f"{folder}/Snares/Snr {i}.mid", (480, 62), (480 + at, 62), channel=2)
        write(
            f"{folder}/Hats/HH-{i}.mid", *((t, 50) for t in range(0, BAR, 60 + 20 * i)), channel=0
        )
