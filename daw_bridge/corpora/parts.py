"""The music of a preset, part by part: read, freed of duplicates across all parts, and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daw_bridge.config.files import user_folder
from daw_bridge.config.training import PartFile, ReadingFile
from daw_bridge.corpora import dataset as data
from daw_bridge.corpora.dataset import Corpus
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import Piece
from daw_bridge.errors import UserError

SPLITS = ("train", "valid")


@dataclass(frozen=True, slots=True, eq=False)
class Music:
    """Hold the pieces of all parts, what a card says of each part, and what was skipped and why."""

    pieces: tuple[Piece, ...]
    sources: tuple[Mapping[str, Any], ...]
    skipped: tuple[str, ...]

    def split(self, name: str) -> list[Piece]:
        """Give the pieces of a split."""
        return [piece for piece in self.pieces if piece.split == name]


def read_parts(reading: ReadingFile, folder: Path, seed: int) -> Music:
    """Read what a preset asks for; a folder with none of its parts is the user's own music.

    Raises:
        UserError: the folder holds nothing usable, or a notice that a licence wants kept is
        missing.
    """
    found = _parts(reading.parts, folder)
    role = Reading(reading.role)
    corpora = [data.read([path], role, cache=user_folder() / "cache") for _, path in found]
    numbers = [number for number, corpus in enumerate(corpora) for _ in corpus.pieces]
    pieces = [piece for corpus in corpora for piece in corpus.pieces]
    dropped: Counter[int] = Counter()
    if reading.held_out_end:
        numbers = [number for number in numbers for _ in SPLITS]
        pieces = [half for piece in pieces for half in data.held_out_end(piece)]
    elif reading.drop_duplicates:
        share = reading.valid_share
        parted, report = data.part(Corpus(tuple(pieces)), valid_share=share, seed=seed)
        gone = {duplicate.dropped for duplicate in report.duplicates}
        dropped.update(numbers[number] for number in gone)
        numbers = [part for number, part in enumerate(numbers) if number not in gone]
        pieces = list(parted.pieces)
    sources = []
    for number, ((part, _), corpus) in enumerate(zip(found, corpora, strict=True)):
        own = [piece for piece, of in zip(pieces, numbers, strict=True) if of == number]
        sources.append(_source(part, own, dropped[number], len(corpus.skipped), folder))
    skipped = [f"{name}: {why}" for corpus in corpora for name, why in corpus.skipped]
    return Music(tuple(pieces), tuple(sources), tuple(skipped))


def _source(
    part: PartFile, pieces: Sequence[Piece], dropped: int, skipped: int, folder: Path
) -> dict[str, Any]:
    splits = {
        name: {
            "pieces": sum(piece.split == name for piece in pieces),
            "bars": sum(piece.n_bars for piece in pieces if piece.split == name),
        }
        for name in SPLITS
    }
    source: dict[str, Any] = {"name": part.name, "licence": part.licence, "splits": splits}
    source |= {"duplicates_dropped": dropped, "sources_skipped": skipped}
    if notices := _notices(part, folder):
        source["notices"] = notices
    return source


def _notices(part: PartFile, folder: Path) -> dict[str, str]:
    """Give the text of the notices that a licence wants kept."""
    try:
        return {name: (folder / name).read_text("utf-8").strip() for name in part.notices}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"the notices of {part.name}, which its licence wants kept", str(error), "add them"
        ) from error


def _parts(parts: Sequence[PartFile], folder: Path) -> list[tuple[PartFile, Path]]:
    if not folder.exists():
        raise UserError("a folder of music", f"nothing at {folder}", "check the path")
    found = [(part, folder / part.path) for part in parts if (folder / part.path).exists()]
    if found:
        return found
    own = PartFile(path=".", name=folder.name or str(folder), licence="the user's own")
    return [(own, folder)]
