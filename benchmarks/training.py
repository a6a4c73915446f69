"""How many tokens a second training takes in, against a plain loop over padded batches.

    python benchmarks/training.py [--data ../shared/data/groove] [--turns N]

Both train the same `nn.LSTM` network on the drum text of the same takes, with the same optimiser,
batch and length of truncated back-propagation. The plain loop pads the takes of a batch, in random
order, to the longest of them, as a first try does. Ours cuts long takes and puts pieces of one
length side by side. Tokens that are padding do not count. The two take turns. Writes
results/training.json and results/training.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from machine import describe
from record import record

from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.training.batches import Example, Segment, chunks, cut, groups, whole
from daw_bridge.training.networks.lstm import Lstm

BATCH, CHUNK, LONGEST = 32, 64, 512
TARGET = 2.0


def examples_of(folder: Path) -> list[Example]:
    """Read takes as tokens."""
    takes = read([folder], Reading("drums")).split("train")
    return [each for each in Lstm.examples(takes, DrumText(), transpose=False) if each is not None]


def plain(examples: list[Example], rng: np.random.Generator) -> Iterator[list[Segment]]:
    """Give batches in random order, for ever."""
    while True:
        order = rng.permutation(len(examples))
        for k in range(0, len(order), BATCH):
            yield whole([examples[i] for i in order[k : k + BATCH]])


def bucketed(examples: list[Example], rng: np.random.Generator) -> Iterator[list[Segment]]:
    """Give batches of pieces of nearly one length, for ever."""
    while True:
        yield from groups(cut(examples, LONGEST, 17, rng), BATCH, rng)


class Loop:
    """Train one network on batches as they come."""

    def __init__(self, batches: Iterator[list[Segment]]) -> None:
        torch.manual_seed(1)
        self.network = Lstm(DrumText(), hidden=256, layers=2, embedding=64)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-3)
        self.updates = self._run(batches)
        self.tokens, self.padded, self.seconds = 0, 0, 0.0

    def _run(self, batches: Iterator[list[Segment]]) -> Iterator[tuple[int, int]]:
        for group in batches:
            state = None
            for batch in chunks(group, CHUNK):
                loss, state = self.network.loss(batch, state)
                state = tuple(part.detach() for part in state)
                self.optimizer.zero_grad()
                (loss.sums["token"] / loss.counts["token"].clamp(min=1)).backward()
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                self.optimizer.step()
                yield int(loss.counts["token"]), batch["weight"].numel()

    def advance(self, seconds: float) -> None:
        """Train for some seconds."""
        begun_s = time.perf_counter()
        while time.perf_counter() - begun_s < seconds:
            tokens, padded = next(self.updates)
            self.tokens += tokens
            self.padded += padded
        self.seconds += time.perf_counter() - begun_s


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/groove"))
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each turn")
    arguments = parser.parse_args()
    examples = examples_of(arguments.data)
    loops = {
        "plain loop over padded batches": Loop(plain(examples, np.random.default_rng(1))),
        "daw-bridge": Loop(bucketed(examples, np.random.default_rng(1))),
    }
    for _ in range(arguments.turns):
        for loop in loops.values():
            loop.advance(arguments.seconds)
    rows = [
        {
            "loop": name,
            "tokens_per_s": round(loop.tokens / loop.seconds),
            "padding": round(1 - loop.tokens / loop.padded, 3),
        }
        for name, loop in loops.items()
    ]
    ratio = rows[1]["tokens_per_s"] / rows[0]["tokens_per_s"]
    result = {
        "command": "python benchmarks/training.py",
        "machine": {**describe("torch", "numpy"), "threads": torch.get_num_threads()},
        "target": f"at least {TARGET} times the plain loop",
        "ratio": round(ratio, 2),
        "reached": ratio >= TARGET,
        "rows": rows,
    }
    lines = ["| loop | tokens per second | of a batch is padding |", "|---|---|---|"]
    lines += [f"| {r['loop']} | {r['tokens_per_s']:,} | {r['padding']:.0%} |" for r in rows]
    text = "\n".join([*lines, f"| ratio | {ratio:.1f} | |"]) + "\n"
    record("training", result, text)


if __name__ == "__main__":
    main()
