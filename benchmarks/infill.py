"""Bars that are hidden and made anew, beside those that were there and a plain continuation.

    python benchmarks/infill.py [--data ../shared/data/jsb] [--model chorale] [--pieces 20]

Of each held-out piece bars 5 and 6 are hidden. Told is how well the four bars behind them are
foretold, in nats a bar (less is better), and how many notes are those of the hidden bars: F1, by
onset on the grid, pitch and voice. Writes results/infill.json and .md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from machine import describe
from record import record

from daw_bridge.config.files import find as find_file
from daw_bridge.corpora.tokens import conditioned
from daw_bridge.encoding.codec import holds
from daw_bridge.evaluation.music import find
from daw_bridge.music.notes import Bar
from daw_bridge.policies.infill import Gap, chosen
from daw_bridge.policies.load import load, vocabulary_of
from daw_bridge.policies.sampling import generator

BEFORE, HIDDEN, AFTER = 4, 2, 4


def notes(bars: Sequence[Bar]) -> Counter[tuple[int, int, int, int]]:
    return Counter((i, n.start, n.pitch, n.voice) for i, bar in enumerate(bars) for n in bar.notes)


def f1(found: Sequence[Bar], hidden: Sequence[Bar]) -> float:
    right = (notes(found) & notes(hidden)).total()
    return 2 * right / max(notes(found).total() + notes(hidden).total(), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/jsb"))
    parser.add_argument("--model", default="chorale")
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--candidates", type=int, nargs="+", default=[4, 16, 64])
    options = parser.parse_args()
    policy = load(find_file("models", options.model))
    vocabulary = vocabulary_of(policy.card)
    judged = find([options.data], vocabulary, tell=print)
    ways = ["hidden", "continued", *map(str, options.candidates)]
    nats: dict[str, list[float]] = {way: [] for way in ways}
    hits: dict[str, list[float]] = {way: [] for way in ways}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    total = BEFORE + HIDDEN + AFTER
    for seed, piece in enumerate(judged.pieces):
        codec = conditioned(vocabulary, piece)
        bars = [codec.quantise(bar) for bar in piece.bars()[:total]]
        if len(bars) < total or not all(holds(codec, bar.meter) for bar in bars):
            continue
        hidden = bars[BEFORE : BEFORE + HIDDEN]
        gap = Gap(
            policy, codec, bars[:BEFORE], [bar.meter for bar in hidden], bars[BEFORE + HIDDEN :]
        )
        for way in ways:
            begin = perf_counter()
            if way == "hidden":
                found = gap.known(hidden)
            else:
                count = 1 if way == "continued" else int(way)
                *_, last = gap.candidates(count, generator(seed))
                found = gap.known(chosen(last, generator(seed, 1), best=True).bars)
            seconds[way].append(perf_counter() - begin)
            nats[way].append(-found.nats / AFTER)
            hits[way].append(f1(found.bars, hidden))
        if len(nats["hidden"]) == options.pieces:
            break
    figures = {
        way: {
            "nats_per_bar_behind": round(float(np.mean(nats[way])), 2),
            "note_f1": round(float(np.mean(hits[way])), 3),
            "seconds": round(float(np.median(seconds[way])), 2),
        }
        for way in ways
    }
    rows = [
        f"| {way} | {each['nats_per_bar_behind']:.2f} | {each['note_f1']:.3f} | "
        f"{each['seconds']:.2f} |"
        for way, each in figures.items()
    ]
    text = "\n".join(
        [
            f"Bars 5 and 6 of {len(nats['hidden'])} held-out pieces ({judged.split}) hidden from "
            f"`{options.model}`; the four bars behind them are known. A number is how many "
            "candidates were weighed.",
            "",
            "| in the gap | nats a bar behind it | note F1 | seconds |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
    record("infill", {"machine": describe("numpy"), "figures": figures}, text)


if __name__ == "__main__":
    main()
