"""Folders of music in, pieces out: read in parallel, and kept.

corpus = read([folder], Reading("drums"))
corpus, report = parting.part(corpus, seed=1)
encoded = tokens.encode(corpus.pieces, DrumGrid())
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daw_bridge.corpora.cache import load, place_of, save
from daw_bridge.corpora.material import Reading, Source, Unreadable
from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.pieces import Corpus, Piece
from daw_bridge.corpora.sources import Archives, find_sources, read_source
from daw_bridge.errors import UserError


def read(
    paths: Sequence[Path],
    reading: Reading,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> Corpus:
    """Read everything under some paths, in `workers` processes, the order of files kept.

    Where `cache` names a folder, what was read is kept there, if that can be, and taken from there
    while no file has changed its size or its time.

    Raises:
        UserError: a path holds nothing of a known kind, or no source gives a piece.
    """
    sources = [source for path in paths for source in find_sources(path)]
    kept = None if cache is None else place_of(cache, sources, reading)
    corpus = load(kept) if kept is not None else None
    if corpus is None:
        results = spread(_ReadChunk(reading), sources, workers=workers, progress=progress)
        pieces = tuple(piece for result in results for piece in result[0])
        corpus = Corpus(pieces, tuple(skip for result in results for skip in result[1]))
        if kept is not None:
            with contextlib.suppress(UserError):  # no room, or no right: it is read anew next time
                save(kept, corpus)
    if not corpus.pieces:
        reasons = "; ".join(f"{name}: {why}" for name, why in corpus.skipped[:3])
        raise UserError(
            f"pieces with notes for {reading.role}",
            f"none in {len(sources)} sources ({reasons})",
            "name other data",
        )
    return corpus


@dataclass(frozen=True, slots=True)
class _ReadChunk:
    reading: Reading

    def __call__(self, sources: list[Source]) -> tuple[list[Piece], list[tuple[str, str]]]:
        pieces: list[Piece] = []
        skipped: list[tuple[str, str]] = []
        with Archives() as archives:
            for source in sources:
                try:
                    pieces += read_source(source, self.reading, archives)
                except Unreadable as error:
                    skipped.append((source.name, str(error)))
        return pieces, skipped
