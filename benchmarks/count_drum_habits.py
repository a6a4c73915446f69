"""Count how drums are played in Groove's training takes, and write drums/habits.py.

Run it as: python benchmarks/count_drum_habits.py ../shared/data/groove
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.midi import files
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.gm_drums import CLASS_OF

TARGET = Path(__file__).parents[1] / "daw_bridge" / "drums" / "habits.py"
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35)
VELOCITIES = (35, 55, 75, 95, 115)
N_PLACES = 8
TOM_CLASSES = (4, 5, 6)


def bucket(value: float, edges: tuple[float, ...]) -> int:
    return sum(value > edge for edge in edges)


class Counts:
    """Hold what is counted, smoothed so that nothing is impossible."""

    def __init__(self) -> None:
        self.takes = 0
        self.share = defaultdict(lambda: [0.5] * (len(SHARES) + 1))
        self.velocity = defaultdict(lambda: [0.5] * (len(VELOCITIES) + 1))
        self.places = defaultdict(lambda: [2.0] * N_PLACES)
        self.pads = Counter()
        self.toms = Counter(dict.fromkeys(range(8), 1))

    def add(self, score: files.Score, roland: DrumMap) -> None:
        """Count one take."""
        hits = [(n.start, roland.to_canonical(n.pitch), n.velocity) for n in score.notes]
        if not hits:
            return
        self.takes += 1
        self.pads.update({roland.pad_at(n.pitch) for n in score.notes})
        classes = {CLASS_OF[drum] for _, drum, _ in hits}
        self.toms[sum(1 << i for i, each in enumerate(TOM_CLASSES) if each in classes)] += 1
        by_drum = defaultdict(list)
        for tick, drum, velocity in hits:
            by_drum[drum].append((tick, velocity))
        bar = score.meters[0][1].bar_length()
        for drum, struck in by_drum.items():
            mean = sum(v for _, v in struck) / len(struck)
            self.share[drum][bucket(len(struck) / len(hits), SHARES)] += 1
            self.velocity[drum][bucket(mean, VELOCITIES)] += 1
            for tick, _ in struck:
                weight = min(len(struck), N_PLACES) / len(struck)
                self.places[drum][round(tick % bar / 120) % N_PLACES] += weight


def main(folder: Path) -> None:
    roland, counts = load_drum_map("roland-td"), Counts()
    with (folder / "info.csv").open() as table:
        for line in csv.DictReader(table):
            if line["split"] == "train":
                counts.add(files.read(folder / line["midi_filename"]), roland)
    TARGET.write_text(written(counts))


def written(counts: Counts) -> str:
    often = {pad: (n + 0.5) / (counts.takes + 1) for pad, n in sorted(counts.pads.items())}
    together = [counts.toms[k] / sum(counts.toms.values()) for k in range(8)]
    lines = [
        f"    {drum}: ({row(counts.share[drum])}, {row(counts.velocity[drum])},"
        f" {row(counts.places[drum])}),"
        for drum in sorted(counts.share)
    ]
    return TEXT.format(
        takes=counts.takes,
        shares=SHARES,
        velocities=VELOCITIES,
        n_places=N_PLACES,
        counts="\n".join(lines),
        pads="\n".join(f'    "{pad}": {value:.4f},' for pad, value in often.items()),
        toms=", ".join(f"{value:.4f}" for value in together),
    )


def row(counts: list[float]) -> str:
    total = sum(counts)
    return "(" + ", ".join(f"{count / total:.4f}" for count in counts) + ")"


TEXT = '''\
"""How drums are played, counted in {takes} training takes of the Groove MIDI Dataset.

Written by benchmarks/count_drum_habits.py. The data: Groove MIDI Dataset (Gillick, Roberts, Engel,
Eck, Bamman, 'Learning to Groove with Inverse Sequence Transformations', ICML 2019), Google LLC, CC
BY 4.0, modified: reduced to these counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

SHARES: tuple[float, ...] = {shares}
"""Between these, a drum's part of all hits of a take falls into a bucket."""

VELOCITIES: tuple[float, ...] = {velocities}
"""Between these, a drum's mean velocity in a take falls into a bucket."""

N_PLACES = {n_places}
"""16ths in half a bar of 4/4."""

Row = tuple[float, ...]


def bucket(value: float, edges: Row) -> int:
    """Count the edges that are below a value."""
    return sum(value > edge for edge in edges)


@dataclass(frozen=True, slots=True)
class Habit:
    """Log-probabilities of the buckets of a drum's share, velocity and places."""

    share: Row
    velocity: Row
    places: Row


_COUNTED: dict[int, tuple[Row, Row, Row]] = {{
{counts}
}}
"""By canonical note: how often each bucket of share and velocity, and each place."""


def _log(row: Row) -> Row:
    return tuple(log(value) for value in row)


def _mean(which: int) -> Row:
    rows = [counted[which] for counted in _COUNTED.values()]
    return tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))


HABITS: dict[int, Habit] = {{
    note: Habit(_log(share), _log(velocity), _log(places))
    for note, (share, velocity, places) in _COUNTED.items()
}}
"""By canonical note."""

ANY = Habit(_log(_mean(0)), _log(_mean(1)), _log(_mean(2)))
"""What any drum is like, for those that were not counted."""

PADS: dict[str, float] = {{
{pads}
}}
"""How often a pad of the counted kit is played in a take at all."""

TOMS: Row = _log(({toms}))
"""Which classes of tom are played in one take: low is 1, mid 2, high 4, added up."""
'''


if __name__ == "__main__":
    main(Path(sys.argv[1]))
