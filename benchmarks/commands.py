"""A jam that is told something once a bar: whether a bar is lost, a note left, or a log untrue.

    python benchmarks/commands.py [--bars 1000] [--seed 1] [--backend offline] [--out FOLDER]

`groove` plays at 200 quarter notes a minute while as many random commands as bars come in at random
moments: tempo, meter, drum map, panic, undo, keep, reject, mode, settings that it takes and others
that it does not, models and presets. In the end the log is played again. With `--backend jack` it
does so in real time on the JACK server that runs. Writes results/commands.json and commands.md.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from machine import describe
from record import RESULTS, command, record

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon import opening
from daw_bridge.daemon.kept import KeptBars
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.recording import Take, write_take
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.jam.commands import Inbox
from daw_bridge.jam.events import Changed, Event, Placed, Refused, Sounded
from daw_bridge.midi.sounding import SoundingNotes
from tests.random_commands import kinds

TEMPO_QPM = 200.0
MODELS = "groove-drums", "lead", "chip", "none"


@dataclass
class Heard:
    """What is told of a jam: its bars, what took effect, what was refused, and what sounds."""

    bars: list[Placed] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    sounding: SoundingNotes = field(default_factory=SoundingNotes)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Placed(number):
                while self.bars and self.bars[-1].number >= number:
                    self.bars.pop()  # another one takes its place, and no later one stands
                self.bars.append(event)
            case Changed():
                self.told["changed"] += 1
            case Refused():
                self.told["refused"] += 1
            case Sounded(_, port, data):
                self.sounding.sent(port, data)

    def gaps(self) -> int:
        """Count the bars that do not begin where the one before ends."""
        bars = zip(self.bars, self.bars[1:], strict=False)
        return sum(each.tick + each.bar.meter.bar_length() != after.tick for each, after in bars)


def played(n_bars: int, seed: int, backend: str, folder: Path) -> dict[str, object]:
    """Play a jam that is told something, and then its log; return how both went."""
    chance = Random(seed)  # noqa: S311  # it shakes a jam, and keeps no secret
    inbox, heard, take = Inbox(), Heard(), Take()
    choices, left, over = kinds(chance, MODELS), [n_bars], threading.Event()

    def tell_one() -> None:
        if left[0]:
            left[0] -= 1
            inbox.put(chance.choice(choices)())

    def tell(event: Event) -> None:
        """Tell something now and then, in virtual time: at what is heard."""
        if isinstance(event, Placed) or (isinstance(event, Sounded) and chance.random() < 0.05):
            tell_one()

    def tell_on() -> None:
        """Tell something now and then, as time passes; bars may be short ones."""
        while not over.wait(chance.uniform(0, 1.4 * 240 / TEMPO_QPM)):
            tell_one()

    settings = {"bars": n_bars, "bpm": TEMPO_QPM, "seed": seed, "backend": backend}
    jam = ready(load_jam("groove"), settings)
    part, log = Part(jam), folder / "log.jsonl"
    with closing(logging(log, jam, force=False)) as logged:
        watchers = [heard, take, logged, KeptBars(folder / "kept.jsonl")]
        if backend == "offline":
            watchers.append(tell)
        else:
            threading.Thread(target=tell_on, daemon=True).start()
        report = opening.jam(
            jam_of(jam), part, again=part, watchers=watchers, inbox=inbox, part=part
        )
        over.set()
    write_take(take.lines, folder / "take.mid", jam.folder.name)
    replay(log, folder / "again.mid")
    same = (folder / "take.mid").read_bytes() == (folder / "again.mid").read_bytes()
    return {
        "backend": backend,
        "bars": report.bars,
        "commands": n_bars - left[0],
        **heard.told,
        "late_bars": report.late_bars,
        "gaps": heard.gaps(),
        "notes_left": len(heard.sounding) + len(report.may_sound),
        "margin": str(report.margin or ""),
        "replay_has_the_same_bytes": same,
    }


def main() -> None:
    """Play, play again, and write down how it went."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", choices=["offline", "jack"], default="offline")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    asked = parser.parse_args()
    before = describe("daw-bridge", "numpy")
    with tempfile.TemporaryDirectory() as folder:
        result = played(asked.bars, asked.seed, asked.backend, Path(folder))
    result = {
        "command": command(),
        "machine": before,
        "load_average_after": round(os.getloadavg()[0], 1),
        **result,
    }
    record("commands", result, as_table(result), asked.out)


def as_table(result: dict[str, object]) -> str:
    """Return the one row, and where it was measured."""
    names = {
        "backend": "backend",
        "bars": "bars",
        "commands": "commands",
        "changed": "settings changed",
        "refused": "refused",
        "late_bars": "late bars",
        "gaps": "lost bars",
        "notes_left": "notes left sounding",
        "replay_has_the_same_bytes": "the log plays the same bytes",
    }
    rows = [list(names.values()), ["---"] * len(names), [str(result.get(k, 0)) for k in names]]
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"{table}\n`{result['command']}`; {machine}.\n"


if __name__ == "__main__":
    main()
