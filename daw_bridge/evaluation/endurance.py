"""Whether a jam lives: what is heard in every window of minutes of it, beside real music."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from daw_bridge.config.jam import JamFile
from daw_bridge.corpora.parallel import Progress, silent
from daw_bridge.corpora.pieces import Piece
from daw_bridge.daemon.source import codec_for
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.kind import Kind
from daw_bridge.encoding.velocities import as_played
from daw_bridge.errors import UserError
from daw_bridge.evaluation.bar_table import BarTable, Ints
from daw_bridge.evaluation.bounds import Bounds, Heard
from daw_bridge.evaluation.free_running import Played, Run, play
from daw_bridge.evaluation.windows import WINDOW
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.policies.card import read as read_card

TEMPERATURES = (0.8, 1.0, 1.2)
"""Beside that of the preset."""

AT_PRESET = "preset"

FEW_PIECES = 10
"""Where fewer pieces are as long as a window, shorter ones are put behind one another."""

DRIFT_BARS = 256
"""The first and the last so many bars of a long jam are compared."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How much is played at each setting: `seeds` jams of `bars`, and one of `long_bars`."""

    seeds: int = 8
    bars: int = 256
    long_bars: int = 2000


Tables = Mapping[str, BarTable]
"""The bars of jams or of real pieces, by name."""


@dataclass(frozen=True, slots=True, eq=False)
class Endurance:
    """What was found of a model at each setting; the bars of its jams and of real pieces."""

    model: str
    preset: str
    bounds: Bounds
    settings: Mapping[str, Mapping[str, Any]]
    jams: Tables
    pieces: Tables

    def plain(self) -> dict[str, Any]:
        """Return everything but the bars as plain data."""
        return {
            "model": self.model,
            "preset": self.preset,
            "real": self.bounds.plain(),
            "settings": dict(self.settings),
        }

    def strips(self) -> dict[str, dict[str, Ints]]:
        """Return what a picture shows: the jams, and as many pieces, evenly among all.

        A number stands for each bar [n]: that of the first one that is the same, -1 for silence.
        """
        known = sorted(self.pieces)
        places = np.linspace(0, len(known) - 1, min(len(self.jams), len(known))).astype(int)
        pieces = {known[place]: self.pieces[known[place]] for place in places}
        return {
            group: {name: np.where(each.notes > 0, each.first, -1) for name, each in tables.items()}
            for group, tables in {"jams": self.jams, "held-out music": pieces}.items()
        }


def measure(
    folder: Path,
    preset: str,
    jam: JamFile,
    pieces: Sequence[Piece],
    *,
    dynamics: Sequence[Piece] = (),
    lengths: Lengths = Lengths(),
    temperatures: Sequence[float] = TEMPERATURES,
    workers: int | None = None,
    progress: Progress = silent,
) -> Endurance:
    """Let the model in `folder` play a jam, as its preset has it and at other temperatures.

    Beside it stand real pieces, and beside its velocities those of pieces with `dynamics`, where
    they are given.

    Raises:
        UserError: the model cannot be loaded, does not take what the preset tells it, or the
            pieces have no window.
    """
    codec = codec_for(read_card(folder), jam)
    drums = codec.kind == "drums"
    real = tables_of(pieces, codec)
    if not real:
        raise UserError(f"a piece of {WINDOW} bars or more", "none", "name other data")
    heard = Heard.of([*real.values()], drums=drums)
    if dynamics:
        played = tables_of(dynamics, codec, played=True)
        loud = Heard.of([*played.values()], drums=drums).figures["mean_velocity"]
        heard = replace(heard, figures={**heard.figures, "mean_velocity": loud})
    bounds = Bounds.of(heard)
    names = {AT_PRESET: jam.temperature, **{f"temperature {t:g}": t for t in temperatures}}
    settings = [jam.model_copy(update={"temperature": t}) for t in names.values()]
    runs = [run for setting in settings for run in runs_of(setting, lengths)]
    jams_played = play(folder, runs, workers=workers, progress=progress)
    tables = [BarTable.of(each.bars, codec.kind, key_told(codec)) for each in jams_played]
    each = lengths.seeds + 1
    found = {
        name: _judged(bounds, tables[i : i + each], jams_played[i : i + each], drums=drums)
        for name, i in zip(names, range(0, len(runs), each), strict=True)
    }
    jams = {f"seed {jam.seed + i}": tables[i] for i in range(lengths.seeds)}
    return Endurance(read_card(folder).name, preset, bounds, found, jams, real)


def runs_of(jam: JamFile, lengths: Lengths) -> list[Run]:
    """Return what is played at one setting: the seeds from the jam's on, and the long one."""
    seeds = [jam.model_copy(update={"seed": jam.seed + i}) for i in range(lengths.seeds)]
    return [*(Run(seed, lengths.bars) for seed in seeds), Run(jam, lengths.long_bars)]


def key_told(codec: Codec) -> Key | None:
    """Return the key that a codec tells its model; None: it takes none."""
    return getattr(codec, "key", None)


def tables_of(
    pieces: Sequence[Piece], codec: Codec, *, played: bool = False
) -> dict[str, BarTable]:
    """Return the bars of real pieces as long as a window, as the codec holds them.

    Their velocities are the codec's, or those that were `played`.
    Where few are, those that are shorter are put behind one another, within a key.
    """
    groups = {piece.name: [piece] for piece in pieces if piece.n_bars >= WINDOW}
    if len(groups) < FEW_PIECES:
        chained: dict[str, list[Piece]] = {}
        for piece in pieces:
            if piece.n_bars < WINDOW:
                chained.setdefault(piece.conditions.get("key", "no key"), []).append(piece)
        groups |= {f"{len(each)} pieces in {key}": each for key, each in chained.items()}
    held = partial(as_played, codec) if played else codec.quantise
    tables = {name: _table(group, codec.kind, held) for name, group in groups.items()}
    return {name: table for name, table in tables.items() if len(table) >= WINDOW}


def _table(pieces: Sequence[Piece], kind: Kind, held: Callable[[Bar], Bar]) -> BarTable:
    bars = [held(bar) for piece in pieces for bar in piece.bars()]
    key = pieces[0].conditions.get("key")
    return BarTable.of(bars, kind, Key.parse(key) if key else None)


def _judged(
    bounds: Bounds, tables: Sequence[BarTable], played: Sequence[Played], *, drums: bool
) -> dict[str, Any]:
    """Judge the jams of one setting, of which the last is the long one."""
    *short, long = tables
    ends = [
        Heard.of([long.part(begin, begin + DRIFT_BARS)], drums=drums)
        for begin in (0, max(len(long) - DRIFT_BARS, 0))
    ]
    n_bars = sum(len(each.bars) for each in played)
    again = sum(each.drawn_again for each in played)
    return {
        "seeds": bounds.judge(Heard.of(short, drums=drums)),
        "long": bounds.judge(Heard.of([long], drums=drums)),
        "drift": bounds.drift(*ends),
        "drawn_again_in_100_bars": round(100 * again / n_bars, 2),
    }
