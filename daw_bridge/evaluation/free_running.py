"""Jams that run on their own, drawn as `daw-bridge jam` draws them, in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daw_bridge.config.jam import JamFile, load_jam, played_alone
from daw_bridge.config.jam_names import SAID_BY
from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.tokens import conditions_of
from daw_bridge.daemon.source import bars_of
from daw_bridge.encoding.codec import Codec
from daw_bridge.jam.ask import Ask
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.policies.load import load


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Ask for a jam: so many bars, at these settings."""

    jam: JamFile
    n_bars: int


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """The bars of a jam, and how often one was drawn again, for it went in circles."""

    bars: list[Bar]
    drawn_again: int = 0


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
            out.append(Played(bars, source.drawn_again))
        return out


def told_of(jam: JamFile, piece: Piece, codec: Codec, seed: int) -> JamFile:
    """Return a jam that is told what is known of a piece, as far as the codec takes it.

    What is not known of it is not told; all else is as the jam has it.
    """
    known = {n: value for n, value in conditions_of(piece, codec).items() if n not in SAID_BY}
    conditions = {name: value for name, value in jam.conditions.items() if name not in known}
    conditions |= {
        name: str(value) if isinstance(value, Key) else value
        for name, value in known.items()
        if value is not None
    }
    told = {"conditions": conditions, "bpm": piece.tempo_qpm, "meter": piece.bars()[0].meter}
    return jam.model_copy(update={**told, "seed": seed})


def jam_of(
    name: str, preset: str | None = None, options: Mapping[str, Any] | None = None
) -> tuple[str, JamFile]:
    """Find the jam preset of a model, by its name, or the one that is named; return its name too.

    A model without one plays at the defaults. Of a preset that is named, all but the model is kept,
    so that a new model may be held against the one that is shipped; `options` come before it.

    Raises:
        UserError: there is no such preset, or it is not in order.
    """
    if preset is None:
        preset = next((each for each in played_alone() if load_jam(each).model == name), "")
    jam = load_jam(preset) if preset else JamFile(model=name)
    return preset, jam.read_from(None).model_copy(update=dict(options or {}))
