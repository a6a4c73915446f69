"""How many bars a second of one core are drawn: many lanes at once, against one policy.

    python benchmarks/sampler.py [--models lead groove-drums] [--lanes 64] [--pieces 256]

Pieces of eight bars at temperature 1, by the same network, under the same grammar; both draw the
same bars, which is compared. One thread; seconds are those of the processor, so that what else the
machine does counts little. Writes results/sampler.json and results/sampler.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from machine import describe
from record import record

from daw_bridge.config.files import shipped_folder
from daw_bridge.encoding.codec import Codec
from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar
from daw_bridge.policies import bars as drawing
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.load import codec_of, load, weights_of
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import Sampler
from daw_bridge.registry import LANES
from daw_bridge.training.lanes.sampler import Plan, pieces

BARS = 8
TARGET = {"lead": 200}


def alone(policy: Policy, codec: Codec, seed: int) -> tuple[Bar, ...]:
    """Draw a piece from one policy."""
    bars = PolicyBars(policy, codec, Sampler(seed=seed))
    return tuple(bars.bar(Ask(number)) for number in range(BARS))


def measured(folder: Path, lanes: int, count: int) -> dict[str, object]:
    """Measure one model both ways."""
    policy = load(folder)
    codec, card = codec_of(policy.card), policy.card
    side_by_side = LANES[card.network](codec, card.network_shape, weights_of(folder, card), lanes)
    begun_s = time.process_time()
    drawn = {each.seed: each for each in pieces(side_by_side, codec, range(count), Plan(BARS))}
    together_s, begun_s = time.process_time() - begun_s, time.process_time()
    compared = max(count // 16, 1)
    ours = [alone(policy, codec, seed) for seed in range(compared)]
    alone_s = time.process_time() - begun_s
    together, one = count * BARS / together_s, compared * BARS / alone_s
    return {
        "model": card.name,
        "lanes": lanes,
        "bars_per_s": round(together, 1),
        "one_policy_bars_per_s": round(one, 1),
        "same_pieces": sum(drawn[seed].bars == bars for seed, bars in enumerate(ours)),
        "pieces_compared": compared,
        "target": TARGET.get(card.name),
        "reached": together >= TARGET.get(card.name, 0),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["lead", "groove-drums", "chip", "chorale"])
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--pieces", type=int, default=256)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    drawing.ATTEMPTS = 1  # the guard of a jam, which draws bars again, is not what is compared
    models = shipped_folder() / "models"
    rows = [measured(models / name, arguments.lanes, arguments.pieces) for name in arguments.models]
    result = {
        "command": "python benchmarks/sampler.py",
        "machine": describe("torch", "numpy"),
        "rows": rows,
    }
    lines = [
        "| model | lanes | bars a second and core | one policy | same pieces | wanted |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['model']} | {r['lanes']} | {r['bars_per_s']} | {r['one_policy_bars_per_s']} "
        f"| {r['same_pieces']} of {r['pieces_compared']} | {r['target'] or ''} |"
        for r in rows
    ]
    record("sampler", result, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
