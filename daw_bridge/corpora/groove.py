"""Read the Groove MIDI Dataset: human drum takes with their style, tempo, meter and split."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import symusic

from daw_bridge.errors import UserError
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks

LICENCE = (
    "Groove MIDI Dataset (Gillick, Roberts, Engel, Eck, Bamman, 'Learning to Groove with Inverse "
    "Sequence Transformations', ICML 2019), Google LLC, CC BY 4.0, modified: re-encoded."
)
"""The line that a card must carry where a model was trained on it."""

N_ENTRIES, ENTRY_BARS = 2, 6
"""How many excerpts of a beat begin in its middle, and how long they are."""

DURATION = Ticks(60)
"""Drums have no length worth keeping."""


@dataclass(frozen=True, slots=True)
class Take:
    """Hold one take: its bars, and what `info.csv` says of it."""

    name: str
    split: str
    drummer: str
    style: str
    tempo_qpm: float
    fill: bool
    meter: Meter
    bars: tuple[Bar, ...]


def read_takes(
    folder: Path,
    splits: Sequence[str] = ("train", "validation"),
    skipped: list[str] | None = None,
) -> list[Take]:
    """Read the takes of some splits, in the order of `info.csv`.

    Files that cannot be read are added to `skipped`, with the reason; without it they are an error.

    A hit up to half a 16th before a bar line belongs to the bar that it announces. Style is the
    primary one: `funk` of `funk/purdieshuffle`.

    Raises:
        UserError: there is no `info.csv`, or a file that it names cannot be read.
    """
    table = folder / "info.csv"
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] in splits]
    except (OSError, KeyError) as error:
        raise UserError(
            "the info.csv of the Groove MIDI Dataset", f"none in {folder}", "name its folder"
        ) from error
    takes = []
    for row in rows:
        try:
            takes.append(_take(folder, row))
        except UserError as error:
            if skipped is None:
                raise
            skipped.append(error.found)
    return takes


def entries(takes: Sequence[Take], seed: int) -> list[Take]:
    """Give short excerpts from the middle of beats, each as if a piece began there.

    Drummers begin a recording with a pickup or a rest. A player that begins a jam has no past
    either, but is wanted to be in the groove from its first bar.
    """
    rng = np.random.default_rng(seed)
    found = []
    for take in takes:
        if take.fill or len(take.bars) < 2 * ENTRY_BARS:
            continue
        for first in rng.integers(1, len(take.bars) - ENTRY_BARS, N_ENTRIES, endpoint=True):
            bars = take.bars[first : first + ENTRY_BARS]
            found.append(replace(take, name=f"{take.name} from bar {first + 1}", bars=bars))
    return found


def _take(folder: Path, row: dict[str, str]) -> Take:
    path = folder / row["midi_filename"]
    try:
        score = symusic.core.ScoreTick.from_midi(path.read_bytes())
    except Exception as error:  # symusic raises whatever its C++ did
        raise UserError("a MIDI file", f"{path} ({error})", "mend the folder") from error
    meter = Meter.parse(row["time_signature"])
    return Take(
        name=row["midi_filename"].removesuffix(".mid"),
        split=row["split"],
        drummer=row["drummer"],
        style=row["style"].split("/")[0],
        tempo_qpm=float(row["bpm"]),
        fill=row["beat_type"] == "fill",
        meter=meter,
        bars=_bars(score, meter),
    )


def _bars(score: symusic.core.ScoreTick, meter: Meter) -> tuple[Bar, ...]:
    arrays = [track.notes.numpy() for track in score.tracks if len(track.notes)]
    if not arrays:
        return ()
    start, pitch, velocity = (
        np.concatenate([array[key] for array in arrays]) for key in ("time", "pitch", "velocity")
    )
    start = np.rint(start * (PPQ / score.ticks_per_quarter)).astype(np.int64)
    drum = np.isin(pitch, list(CLASS_OF))
    start, pitch, velocity = start[drum], pitch[drum], velocity[drum]
    if not start.size:
        return ()
    # numpy rounds halves to the even step, which is how the text files of the data were made
    place = np.rint(start / SIXTEENTH).astype(np.int64) // meter.steps()
    held: list[list[Note]] = [[] for _ in range(int(place.max()) + 1)]
    begin = start - place * meter.bar_length()
    for bar, *note in zip(place, begin.tolist(), pitch.tolist(), velocity.tolist(), strict=True):
        held[bar].append(Note(note[0], note[1], DURATION, note[2]))
    return tuple(Bar.of(notes, meter) for notes in held)
