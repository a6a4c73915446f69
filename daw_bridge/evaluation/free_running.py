"""Jams that run on their own, drawn as `daw-bridge jam` draws them, in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daw_bridge.config.files import names
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.daemon.source import bars_of
from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar
from daw_bridge.policies.load import load


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Ask for a jam: so many bars, at these settings."""

    jam: JamFile
    n_bars: int


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """The bars of a jam, and how often a guard at sampling acted on them."""

    bars: list[Bar]
    guarded: int = 0


def play(
    folder: Path,
    runs: Sequence[Run],
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> list[Played]:
    """Let the model in a folder play jams, the longest first; return them in the order asked for.

    Raises:
        UserError: the model cannot be loaded, or does not take what a jam tells it.
    """
    order = sorted(range(len(runs)), key=lambda place: -runs[place].n_bars)
    jobs = [runs[place] for place in order]
    chunks = spread(_Play(folder), jobs, chunk=1, few=1, workers=workers, progress=progress)
    done = dict(zip(order, (played for chunk in chunks for played in chunk), strict=True))
    return [done[place] for place in range(len(runs))]


@dataclass(frozen=True, slots=True)
class _Play:
    folder: Path

    def __call__(self, runs: list[Run]) -> list[Played]:
        policy = load(self.folder)
        out = []
        for run in runs:
            source = bars_of(policy, run.jam)
            bars = [source.bar(Ask(n, meter=run.jam.meter)) for n in range(run.n_bars)]
            out.append(Played(bars, getattr(source, "guarded", 0)))
        return out


def jam_of(name: str, preset: str | None = None) -> tuple[str, JamFile]:
    """Find the jam preset of a model, by its name, or the one that is named; return its name too.

    A model without one plays at the defaults. Of a preset that is named, all but the model is kept,
    so that a new model may be held against the one that is shipped.

    Raises:
        UserError: there is no such preset, or it is not in order.
    """
    if preset is None:
        preset = next((each for each in names("presets/jams") if load_jam(each).model == name), "")
    jam = load_jam(preset) if preset else JamFile(model=name)
    return preset, jam.read_from(None)
