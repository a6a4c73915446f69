"""What tuning makes of a drummer: its start, the tuned, and held-out drums beside.

    python benchmarks/rl_drums.py [--tuned groove-drums-rl] [--pieces 2000] [--data ../shared/data]
        [--cards]

Pieces of eight bars, one draw each at temperature 1, told no style, tempo or form. Real drums are
excerpts of the held-out takes of the Groove MIDI Dataset, by which nats are measured as well.
Diversity is Vendi of as many pieces at every place, 200 at most, on the average of all such lots.
Whether a listener can tell is asked by `listener.py`, how long a jam stays alive by `endurance.py`.
Writes results/rl_drums.json and results/rl_drums.md, with `--cards` also into the cards of the
tuned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from machine import describe
from record import record
from rl import Row, asked, begun, drawn, into_cards, nats, on_the_average, table

from daw_bridge.corpora.excerpts import excerpts
from daw_bridge.envs import drum_rules
from daw_bridge.evaluation.diversity import vendi
from daw_bridge.evaluation.features import histogram
from daw_bridge.evaluation.music import find as find_music
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.training.rounds import divergence

BARS, COMPARED = 8, 200

RULES = {
    "backbeat": drum_rules.backbeat,
    "fills": drum_rules.fills,
    "playable": drum_rules.playable,
    "alike": drum_rules.alike,
    "uneven": drum_rules.uneven,
}
TABLE = (
    ("Vendi at equal n", "diversity", ">= 95 % of the start"),
    ("bars with a backbeat", "backbeat", ""),
    ("phrases that end in a fill", "fills", ""),
    ("16ths that four limbs can play", "playable", ""),
    ("hits in common with the bar a phrase before", "alike", ""),
    ("velocities off from those a phrase before", "uneven", ""),
    ("notes a bar", "notes_a_bar", ""),
    ("nats a word on held-out drums", "nats", "at most +3 %"),
    ("KL a piece, nats", "kl", ""),
)


def rows_of(name: str, pieces: Sequence[Sequence[Bar]]) -> Row:
    """Return what the rules say of some pieces, a mean of each."""
    rules = {rule: round(float(np.mean([of(p) for p in pieces])), 3) for rule, of in RULES.items()}
    notes = np.mean([len(bar.notes) for bars in pieces for bar in bars])
    return {"of": name, "pieces": len(pieces), **rules, "notes_a_bar": round(float(notes), 2)}


def diversity(pieces: Sequence[Sequence[Bar]]) -> float:
    """Return the effective number of different pieces."""
    return vendi(np.stack([histogram(each, drums=True) for each in pieces]))


def main() -> None:
    """Measure, print and write."""
    arguments = asked(__doc__, "groove-drums", "groove-drums-rl", 2000)
    torch.set_num_threads(1)
    starts = begun([arguments.start, *arguments.tuned])
    first = starts[arguments.start]
    held = find_music([arguments.data / "groove"], first.codec, tell=lambda _: None).pieces
    real = excerpts(held, BARS, Meter())
    rows, found = [rows_of("drummers", real)], [real]
    for name, start in starts.items():
        pieces = [list(bars) for bars in drawn(start, arguments.pieces)]
        row = rows_of(name, pieces)
        row["nats"] = nats(start, held, "word")
        row["kl"] = round(divergence(start, first.network, pieces[:500]), 2)
        rows.append(row)
        found.append(pieces)
    n = min(COMPARED, *map(len, found))
    for row, some in zip(rows, found, strict=True):
        row["diversity"] = round(on_the_average(diversity, some, n), 2)
    if arguments.cards:
        into_cards(rows, TABLE, arguments.start, arguments.tuned)
    result = {
        "command": "python benchmarks/rl_drums.py",
        "machine": describe("torch", "numpy"),
        "rows": rows,
    }
    record("rl_drums", result, table(rows, TABLE) + f"Vendi of {n}.\n")


if __name__ == "__main__":
    main()
