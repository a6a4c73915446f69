"""What was read is kept, and taken from there while no file has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.material import Reading, Source
from daw_bridge.corpora.npz import arrays_of
from daw_bridge.corpora.pieces import Corpus, Piece
from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, whole

VERSION = 7
"""Raise this when what is read from the same bytes changes."""

LARGEST_BYTES = 1 << 32


def place_of(folder: Path, sources: Iterable[Source], reading: Reading) -> Path:
    """Name the file of a folder in which is kept what is read of some sources as they are now."""
    digest = hashlib.sha256(json.dumps([VERSION, asdict(reading)]).encode())
    seen: dict[Path, tuple[int, int]] = {}
    for source in sources:
        if source.path not in seen:
            seen[source.path] = _stamp(source.path)
        row = [str(source.path.resolve()), source.member, *seen[source.path]]
        told = source.split, source.conditions, source.tempo_qpm
        digest.update(json.dumps([*row, *told]).encode())
    return folder / f"{digest.hexdigest()[:32]}.npz"


def _stamp(path: Path) -> tuple[int, int]:
    """Return a file's size and time, zeros where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def save(path: Path, corpus: Corpus) -> None:
    """Keep a corpus.

    Raises:
        UserError: the folder cannot be written to, or the disk is full.
    """
    about = [
        {
            "name": piece.name,
            "notes": len(piece.notes),
            "bars": piece.n_bars,
            "tempo_qpm": piece.tempo_qpm,
            "split": piece.split,
            "conditions": dict(piece.conditions),
            "unmapped": list(piece.unmapped.items()),
            "damage": piece.damage,
        }
        for piece in corpus.pieces
    ]
    text = json.dumps({"pieces": about, "skipped": corpus.skipped}).encode()
    none = np.zeros((0, 7), np.int32), np.zeros((0, 2), np.int16)
    with whole(path) as temporary:
        np.savez(
            temporary,
            notes=np.concatenate([none[0], *(piece.notes for piece in corpus.pieces)]),
            meters=np.concatenate([none[1], *(piece.meters for piece in corpus.pieces)]),
            about=np.frombuffer(text, np.uint8),
        )


def load(path: Path) -> Corpus | None:
    """Return the corpus that was kept; None: there is none yet, or it is damaged."""
    try:
        data = read_bounded(path, LARGEST_BYTES)
        arrays = arrays_of(data, LARGEST_BYTES)
        notes, meters = arrays["notes"], arrays["meters"]
        about = json.loads(arrays["about"].tobytes())
    except (UserError, ValueError, KeyError):
        return None
    return Corpus(
        tuple(_pieces(about["pieces"], notes, meters)),
        tuple((name, why) for name, why in about["skipped"]),
    )


def _pieces(
    rows: list[dict[str, Any]], notes: NDArray[np.int32], meters: NDArray[np.int16]
) -> Iterator[Piece]:
    note = bar = 0
    for row in rows:
        next_note, next_bar = note + row["notes"], bar + row["bars"]
        yield Piece(
            row["name"],
            notes[note:next_note],
            meters[bar:next_bar],
            row["tempo_qpm"],
            row["split"],
            row["conditions"],
            dict(row["unmapped"]),
            row["damage"],
        )
        note, bar = next_note, next_bar
