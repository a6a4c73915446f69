"""What a folder of music holds, counted: as a table for people, and as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from daw_bridge.corpora.dataset import Corpus
from daw_bridge.corpora.duplicates import Duplicate, find_duplicates
from daw_bridge.corpora.pieces import PITCH, START, TIED, VELOCITY, Piece
from daw_bridge.files import whole
from daw_bridge.music.time import SIXTEENTH

_LISTED = 10
"""How many values of a row are named one by one."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Hold what was counted: of pieces, and of every note that is struck.

    `offsets_ms` are distances from the nearest 16th at each piece's tempo; `unmapped` counts drum
    notes that are no known drum, by MIDI number.
    """

    pieces: int
    bars: int
    notes: int
    empty_bars: int
    splits: Mapping[str, int]
    meters: Mapping[str, int]
    conditions: Mapping[str, Mapping[str, int]]
    tempos_qpm: Values
    bars_a_piece: Values
    notes_a_bar: Values
    velocities: Values
    offsets_ms: Values
    pitches: Values
    unmapped: Mapping[int, int]
    duplicates: tuple[Duplicate, ...]
    skipped: tuple[tuple[str, str], ...]


def count(corpus: Corpus) -> Counts:
    """Count what a corpus holds, and look for duplicates in it."""
    pieces = corpus.pieces
    struck = [piece.notes[piece.notes[:, TIED] == 0] for piece in pieces]
    sixteenths = [
        rows[:, START] - np.rint(rows[:, START] / SIXTEENTH) * SIXTEENTH for rows in struck
    ]
    ms = [o * 60_000 / (480 * p.tempo_qpm) for o, p in zip(sixteenths, pieces, strict=True)]
    a_bar = [
        np.bincount(rows[:, 0], minlength=p.n_bars) for rows, p in zip(struck, pieces, strict=True)
    ]
    unmapped: Counter[int] = Counter()
    for piece in pieces:
        unmapped.update(piece.unmapped)
    return Counts(
        pieces=len(pieces),
        bars=sum(piece.n_bars for piece in pieces),
        notes=sum(map(len, struck)),
        empty_bars=int(sum((counts == 0).sum() for counts in a_bar)),
        splits=_tally(piece.split or "none stated" for piece in pieces),
        meters=_meters(pieces),
        conditions=_conditions(pieces),
        tempos_qpm=np.array([piece.tempo_qpm for piece in pieces]),
        bars_a_piece=np.array([piece.n_bars for piece in pieces], np.float64),
        notes_a_bar=_joined(a_bar),
        velocities=_joined([rows[:, VELOCITY] for rows in struck]),
        offsets_ms=_joined(ms),
        pitches=_joined([rows[:, PITCH] for rows in struck]),
        unmapped=dict(unmapped.most_common()),
        duplicates=tuple(find_duplicates(pieces)),
        skipped=corpus.skipped,
    )


def tables(counts: Counts, title: str) -> list[Table]:
    """Give the tables of a report: what there is, and what was dropped or could not be read."""
    table = Table("", "", title=title, title_justify="left", show_header=False)
    table.add_row("pieces", str(counts.pieces))
    table.add_row("bars", f"{counts.bars} ({counts.empty_bars} empty)")
    table.add_row("notes", str(counts.notes))
    table.add_row("splits", _listed(counts.splits))
    table.add_row("meters (bars)", _listed(counts.meters))
    for name, values in counts.conditions.items():
        table.add_row(name, _listed(values))
    for name, spread in _spreads(counts).items():
        table.add_row(name, _spread(spread))
    if counts.unmapped:
        numbers = {f"note {number}": n for number, n in counts.unmapped.items()}
        table.add_row("drum notes that are no known drum", _listed(numbers))
    kinds = _tally(duplicate.kind for duplicate in counts.duplicates)
    table.add_row("duplicates", _listed(kinds) or "none")
    table.add_row("not readable, or empty", str(len(counts.skipped)))
    out = [table]
    if counts.duplicates:
        rows = [(d.dropped_name, d.kept_name, d.kind) for d in counts.duplicates]
        out.append(_long("Duplicates", ("would be dropped", "for", "likeness"), rows))
    if counts.skipped:
        out.append(_long("Skipped", ("source", "because"), counts.skipped))
    return out


def plot(counts: Counts, path: Path, title: str) -> None:
    """Draw the distributions of a report.

    Raises:
        UserError: the file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  slow to import, and only needed here

    figure = Figure(figsize=(11, 6), layout="constrained")
    panels = figure.subplots(2, 3).ravel()
    for axes, (name, values) in zip(panels, _spreads(counts).items(), strict=False):
        low, high = np.percentile(values, [0.5, 99.5]) if len(values) else (0, 1)
        axes.hist(values, bins=50, range=(low, high if high > low else low + 1), color="C0")
        axes.set_title(name, fontsize=10)
        axes.set_yticks([])
    figure.suptitle(f"{title}: {counts.pieces} pieces, {counts.bars} bars, {counts.notes} notes")
    with whole(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})


def _spreads(counts: Counts) -> dict[str, Values]:
    return {
        "tempo, quarters a minute": counts.tempos_qpm,
        "bars a piece": counts.bars_a_piece,
        "notes a bar": counts.notes_a_bar,
        "velocity": counts.velocities,
        "from the nearest 16th, ms": counts.offsets_ms,
        "pitch, MIDI number": counts.pitches,
    }


def _spread(values: Values) -> str:
    if not len(values):
        return "none"
    low, middle, high = np.percentile(values, [5, 50, 95])
    return f"{middle:.4g} (5 % below {low:.4g}, 5 % above {high:.4g}, spread {values.std():.3g})"


def _listed(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    shown = [f"{name}: {n}" for name, n in most[:_LISTED]]
    more = len(most) - len(shown)
    return ", ".join([*shown, f"and {more} more"] if more > 0 else shown)


def _long(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*columns, title=f"{title}: {len(rows)}", title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


def _meters(pieces: Sequence[Piece]) -> dict[str, int]:
    pairs = [tuple(pair) for piece in pieces for pair in piece.meters.tolist()]
    return {f"{top}/{bottom}": n for (top, bottom), n in Counter(pairs).items()}


def _conditions(pieces: Sequence[Piece]) -> dict[str, dict[str, int]]:
    names = sorted({name for piece in pieces for name in piece.conditions})
    return {
        name: _tally(p.conditions[name] for p in pieces if name in p.conditions) for name in names
    }


def _tally(words: object) -> dict[str, int]:
    return dict(Counter(words))  # type: ignore[call-overload]


def _joined(parts: Sequence[NDArray[np.generic]]) -> Values:
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64)
