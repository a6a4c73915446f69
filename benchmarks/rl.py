"""What tuning makes of a melody: its start, the best of eight of its start, the tuned, and songs.

    python benchmarks/rl.py [--tuned lead-rl] [--pieces 10000] [--data ../shared/data] [--cards]

Pieces of eight bars in C, one draw each at temperature 1, told no form. `best of 8` keeps of each
eight draws of the start the one that `presets/rewards/lead.yaml` pays best: it needs no training,
and a tuned model is to be held against it. Songs are voices of OpenScore Lieder, held-out ones in
4/4, cut into eights of bars and moved to C. Diversity is Vendi of as many pieces at every place,
250 at most, on the average of all such lots. PPO is paid for that, so beside it stands a measure
that nothing was paid for: how many of the 4-grams of interval and rhythm in a lot are different.
Copied bars are those of 275 training excerpts. KL and nats are of the network alone, without the
grammar. Writes results/rl.json and results/rl.md, with `--cards` also into the cards of the tuned.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import describe
from record import record

from daw_bridge.config.files import find
from daw_bridge.config.rewards import load_rewards
from daw_bridge.config.training import LoopFile
from daw_bridge.config.tuning import TuningFile
from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import PITCH, Piece
from daw_bridge.encoding.codec import Codec
from daw_bridge.envs import melody
from daw_bridge.envs.rewards import Music, Rewards
from daw_bridge.evaluation.diversity import copied_share, shapes, vendi
from daw_bridge.evaluation.features import histogram
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.registry import LANES
from daw_bridge.training import publish
from daw_bridge.training.lanes.sampler import Plan, pieces
from daw_bridge.training.make_tuned import begin
from daw_bridge.training.rounds import Start, best_of, divergence
from daw_bridge.training.train_lstm import validate

BARS, BEST_OF, COMPARED, KNOWN = 8, 8, 250, 275
C = Key(0)

Row = dict[str, float | str]


def songs(folder: Path, split: str) -> list[Piece]:
    """Read the voices of a split, in 4/4, of a known key, moved to C."""
    found = read([folder / "lieder" / f"{split}.zip"], Reading("line")).pieces
    return [moved(p) for p in found if p.conditions.get("key") and (p.meters == (4, 4)).all()]


def moved(piece: Piece) -> Piece:
    """Move a piece to the C of its mode, the shorter way."""
    key = Key.parse(piece.conditions["key"])
    notes = piece.notes.copy()
    notes[:, PITCH] += (6 - key.tonic) % 12 - 6
    return replace(piece, notes=notes, conditions={"key": str(Key(0, key.scale))})


def excerpts(piece: Piece) -> list[Music]:
    """Cut a piece into eights of bars; those in which half of the bars rest are left out."""
    key, bars = Key.parse(piece.conditions["key"]), piece.bars()
    cut = [bars[first : first + BARS] for first in range(0, len(bars) - BARS + 1, BARS)]
    return [Music(each, key) for each in cut if 2 * sum(bool(b.notes) for b in each) > BARS]


def rows_of(
    name: str, music: Sequence[Music], rewards: Rewards, known: set[bytes], codec: Codec
) -> Row:
    """Return the figures of some pieces; of notes, all notes count alike."""
    steps = [each.steps for each in music]
    notes = np.array([len(melody.struck(each)) for each in steps], np.float64)

    def of_notes(shares: list[float]) -> float:
        return round(100 * float(notes @ shares) / notes.sum(), 2)

    found = [melody.leaps(each) for each in steps]
    decided, resolved = sum(f.decided for f in found), sum(f.resolved for f in found)
    share = resolved / max(decided, 1)
    bars = [each.bars for each in music]
    return {
        "of": name,
        "pieces": len(music),
        "reward": round(float(np.mean([rewards(each) for each in music])), 3),
        "returns": round(100 * float(np.mean([melody.returns(each) for each in bars])), 1),
        "repeats": of_notes([melody.repeats(each) for each in steps]),
        "leaps_resolved": round(100 * share, 1),
        "leaps_within": round(196 * math.sqrt(share * (1 - share) / max(decided, 1)), 1),
        "leaps_decided": round(decided / len(music), 2),
        "in_motif": of_notes([melody.in_motif(each) for each in steps]),
        "out_of_key": of_notes([melody.out_of_key(m.steps, m.key) for m in music]),
        "long_notes": of_notes([melody.long_notes(each) for each in steps]),
        "notes": round(float(notes.mean()), 1),
        "excessive_repeats": round(
            100 * float(np.mean([melody.excessive_repeats(each) for each in steps])), 1
        ),
        "literally_in_motif": round(
            100 * float(np.mean([melody.literally_in_motif(each) for each in steps])), 1
        ),
        "copied": round(100 * copied_share(bars, known, codec), 1),
    }


def diversity(music: Sequence[Music]) -> float:
    """Return the effective number of different pieces."""
    return vendi(np.stack([histogram(each.bars, drums=False) for each in music]))


def on_the_average(
    measure: Callable[[Sequence[Any]], float], music: Sequence[Any], n: int
) -> float:
    """Return what is measured in lots of `n` pieces on end, on the average."""
    lots = [music[at : at + n] for at in range(0, len(music) - n + 1, n)]
    return float(np.mean([measure(lot) for lot in lots]))


def different_grams(music: Sequence[Music]) -> float:
    """Return the share of different ones among all 4 intervals on end with their rhythm, in %."""
    found = []
    for each in music:
        at = np.flatnonzero(each.steps > melody.OFF)
        moves = [*zip(np.diff(each.steps[at]).tolist(), np.diff(at).tolist(), strict=True)]
        found += [tuple(moves[k : k + 4]) for k in range(len(moves) - 3)]
    return 100 * len(set(found)) / max(len(found), 1)


def drawn(start: Start, count: int) -> list[Sequence[Bar]]:
    """Draw pieces, in the order of their seeds."""
    lanes = LANES[start.kind](start.codec, start.network.shape, start.network.tensors(), 64)
    found = pieces(lanes, start.codec, range(count), Plan(BARS))
    return [each.bars for each in sorted(found, key=lambda each: each.seed)]


TABLE = (
    ("combined reward, mean", "reward", "best of 8 of the start, or more"),
    ("returns, %", "returns", ">= 10"),
    ("repeats, % of struck notes", "repeats", "<= 0.3"),
    ("leaps resolved, % of decided", "leaps_resolved", ">= 91"),
    ("... 95 % interval, +-", "leaps_within", ""),
    ("... leaps decided a melody", "leaps_decided", ">= 0.9"),
    ("in motif, % of notes", "in_motif", ">= 73"),
    ("out of key, % of notes", "out_of_key", ""),
    ("long notes, %", "long_notes", ">= 7"),
    ("notes a melody", "notes", "29 to 35"),
    ("excessive repeats as RL Tuner counts, % of steps", "excessive_repeats", ""),
    ("in motif as RL Tuner counts, % of steps", "literally_in_motif", ""),
    ("Vendi at equal n", "diversity", ">= 95 % of the start"),
    ("different 4-grams of interval and rhythm, %", "grams", ""),
    ("bars copied from training, %", "copied", "no more than songs"),
    ("nats a token on held-out songs", "nats", "at most +3 %"),
    ("KL a melody, nats", "kl", "<= 5"),
)


Table = Sequence[tuple[str, str, str]]
"""A line each: its words, the key of its figures, what is to be reached."""


def into_cards(rows: Sequence[Row], figures: Table, start: str, tuned: Sequence[str]) -> None:
    """Write the figures of a start and of the tuned into the cards of the tuned."""
    of = {row["of"]: row for row in rows}
    for name in tuned:
        found = {key: (float(of[start][key]), float(of[name][key])) for _, key, _ in figures}
        publish.write_figures(find("models", name), found)


def table(rows: Sequence[Row], figures: Table) -> str:
    """Write rows side by side, a line a figure, and of how many pieces each is."""
    heads = [str(row["of"]) for row in rows]
    lines = [f"| | {' | '.join(heads)} | to reach |", "|---" * (len(rows) + 2) + "|"]
    for words, name, wanted in figures:
        values = " | ".join(str(row.get(name, "")) for row in rows)
        lines.append(f"| {words} | {values} | {wanted} |")
    counts = ", ".join(f"{row['pieces']} of {row['of']}" for row in rows)
    return "\n".join([*lines, "", f"Pieces: {counts}; "])


def asked(about: str, start: str, tuned: str, count: int) -> argparse.Namespace:
    """Read the options of a comparison of a start and the tuned."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--start", default=start)
    parser.add_argument("--tuned", nargs="*", default=[tuned])
    parser.add_argument("--pieces", type=int, default=count)
    parser.add_argument("--cards", action="store_true", help="also into the cards of the tuned")
    return parser.parse_args()


def begun(names: Sequence[str], **conditions: str) -> dict[str, Start]:
    """Load models, which draw under these conditions and learn nothing."""
    starts = {}
    for name in names:
        preset = TuningFile(title=name, model=name, rewards="-", conditions={**conditions})
        starts[name] = begin(preset, find("models", name))
        starts[name].network.eval()
    return starts


def nats(start: Start, held_out: Sequence[Piece], kind: str) -> float:
    """Return the mean nats of a kind of choice in held-out pieces."""
    examples = start.network.examples(held_out, start.codec, transpose=False)
    learnt = [each for each in examples if each is not None]
    return round(validate(start.network, learnt, LoopFile(), torch.device("cpu"))[kind], 4)


def main() -> None:
    """Measure, print and write."""
    arguments = asked(__doc__, "lead", "lead-rl", 10_000)
    torch.set_num_threads(1)
    rewards = Rewards.of(load_rewards("lead"))
    held_out, training = songs(arguments.data, "valid"), songs(arguments.data, "train")
    starts = begun([arguments.start, *arguments.tuned], key="C major")
    first = starts[arguments.start]
    cut = [each for piece in training for each in excerpts(piece)]
    known = shapes([each.bars for each in cut[:: max(len(cut) // KNOWN, 1)][:KNOWN]], first.codec)
    real = [each for piece in held_out for each in excerpts(piece)]
    rows, found = [rows_of("songs", real, rewards, known, first.codec)], [real]
    for name, start in starts.items():
        music = [Music(bars, C) for bars in drawn(start, arguments.pieces)]
        row = rows_of(name, music, rewards, known, first.codec)
        row["nats"] = nats(start, held_out, "token")
        some = [music[k].bars for k in range(min(len(music), 500))]
        row["kl"] = round(divergence(start, first.network, some), 2)
        rows.append(row)
        found.append(music)
        if name == arguments.start:
            whole = len(music) // BEST_OF * BEST_OF
            paid = np.array([rewards(each) for each in music[:whole]])
            kept = [music[k] for k in best_of(paid, BEST_OF)]
            rows.append(rows_of(f"best of {BEST_OF}", kept, rewards, known, first.codec))
            found.append(kept)
    n = min(COMPARED, *map(len, found))
    for row, some in zip(rows, found, strict=True):
        row["diversity"] = round(on_the_average(diversity, some, n), 2)
        row["grams"] = round(on_the_average(different_grams, some, n), 1)
    if arguments.cards:
        into_cards(rows, TABLE, arguments.start, arguments.tuned)
    result = {
        "command": "python benchmarks/rl.py",
        "machine": describe("torch", "numpy"),
        "rows": rows,
    }
    record("rl", result, table(rows, TABLE) + f"Vendi of {n}.\n")


if __name__ == "__main__":
    main()
