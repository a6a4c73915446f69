"""One file of drum text as music to learn: its last lines, or bars of its one line, validate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora.duplicates import find_duplicates
from daw_bridge.corpora.music import Music, counts_of
from daw_bridge.corpora.parting import held_out_end
from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.readers.drum_text import READER
from daw_bridge.encoding.codec import Tokens, Vocabulary, has_bars
from daw_bridge.encoding.drum_text import from_text
from daw_bridge.errors import UserError
from daw_bridge.files import read_text


def read_music(preset: TrainingFile, path: Path, vocabulary: Vocabulary) -> Music:
    """Read the text, a piece a line; a line that is there twice is left out.

    Raises:
        UserError: the file cannot be read, is no drum text, or has bars that do not fit.
    """
    if vocabulary.kind != "drums" or not has_bars(vocabulary) or vocabulary.meter is None:
        raise UserError("the codec drum-text for drum text", vocabulary.name, "mend the preset")
    lines = read_text(path, READER.largest_bytes, "a file of drum text").splitlines()
    numbered = {n: _bars(path, n, line) for n, line in enumerate(lines, 1) if line.strip()}
    n_steps = vocabulary.tokens.steps_in(vocabulary.meter)
    _check_lengths([bar for bars in numbered.values() for bar in bars], path, n_steps)
    pieces = [
        Piece.of(f"{path.name}:{number}", [vocabulary.decode(bar.tolist()) for bar in bars])
        for number, bars in numbered.items()
    ]
    again = {duplicate.dropped for duplicate in find_duplicates(pieces)}
    pieces = _parted([piece for number, piece in enumerate(pieces) if number not in again])
    licence = "the user's own" if preset.ship else "none stated: for benchmarks alone"
    source: dict[str, Any] = {"name": path.name, "licence": licence, "splits": counts_of(pieces)}
    source |= {"duplicates_dropped": len(again)}
    return Music(tuple(pieces), (source,), ())


def _bars(path: Path, number: int, line: str) -> list[Tokens]:
    try:
        return from_text(line)
    except UserError as error:
        raise UserError(error.expected, f"{error.found} of {path}:{number}", error.do) from error


def _check_lengths(bars: Sequence[Tokens], path: Path, n_steps: int) -> None:
    """Refuse text in another meter or resolution than the codec's: a bar is as long as the next."""
    if odd := [len(bar) - 1 for bar in bars if len(bar) - 1 != n_steps]:
        raise UserError(
            f"bars of {n_steps} words",
            f"{len(odd)} of {len(bars)} with others, such as {odd[0]}, in {path}",
            "name other text, or set the codec's resolution (16 or 32) in the preset",
        )


def _parted(pieces: Sequence[Piece]) -> list[Piece]:
    """Hold out the last tenth, of pieces or of the one piece's bars."""
    if len(pieces) == 1:
        return list(held_out_end(pieces[0]))
    first = len(pieces) - max(len(pieces) // 10, 1)
    return [
        replace(piece, split="train" if number < first else "valid")
        for number, piece in enumerate(pieces)
    ]
