"""What is read of a path, for tests of readers."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.sources import Archives, find_sources, read_source


def pieces_of(path: Path, role: str) -> list[Piece]:
    with Archives() as archives:
        sources = find_sources(path)
        return [piece for s in sources for piece in read_source(s, Reading(role), archives)]
