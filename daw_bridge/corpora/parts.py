"""Music of any format, part by part: read, freed of duplicates across all parts, and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from daw_bridge.config.files import user_folder
from daw_bridge.config.training import PartFile, ReadingFile, TrainingFile
from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.duplicates import find_duplicates
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.music import Music, counts_of, fits
from daw_bridge.corpora.parting import held_out_end, part
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.files import read_text

_LARGEST_NOTICE_BYTES = 1 << 20


def read_music(preset: TrainingFile, folder: Path, vocabulary: Vocabulary) -> Music:
    """Read what a preset's `reading` asks for.

    Raises:
        UserError: the folder holds nothing usable, or a notice that a licence wants kept is
        missing.
    """
    return read_parts(preset.reading, folder, vocabulary, seed=preset.loop.seed)


def read_parts(reading: ReadingFile, folder: Path, vocabulary: Vocabulary, *, seed: int) -> Music:
    """Read the parts of a folder; one with none of its parts is the user's own music.

    Raises:
        UserError: see `read_music`.
    """
    found = _parts(reading.parts, folder)
    role = Reading(vocabulary.kind)
    corpora = [read([path], role, cache=user_folder() / "cache") for _, path in found]
    skipped = [f"{name}: {why}" for corpus in corpora for name, why in corpus.skipped]
    pieces = [piece for corpus in corpora for piece in corpus.pieces]
    numbers = [number for number, corpus in enumerate(corpora) for _ in corpus.pieces]
    gone: set[int] = set()
    if reading.held_out_end:
        numbers = [number for number in numbers for _ in range(2)]
        pieces = [half for piece in pieces for half in held_out_end(piece)]
    elif reading.drop_duplicates:
        gone = {duplicate.dropped for duplicate in find_duplicates(pieces)}
    dropped = Counter(numbers[place] for place in gone)
    numbers = [number for place, number in enumerate(numbers) if place not in gone]
    pieces = [piece for place, piece in enumerate(pieces) if place not in gone]
    owned = list(
        zip(numbers, part(pieces, valid_share=reading.valid_share, seed=seed), strict=True)
    )
    unfit = [piece.name for _, piece in owned if not fits(piece, vocabulary)]
    skipped += [f"{name}: a meter that the encoding has no token for" for name in unfit]
    owned = [(number, piece) for number, piece in owned if fits(piece, vocabulary)]
    sources = []
    for number, ((each, _), corpus) in enumerate(zip(found, corpora, strict=True)):
        own = [piece for of, piece in owned if of == number]
        sources.append(_source(each, own, dropped[number], len(corpus.skipped), folder))
    return Music(tuple(piece for _, piece in owned), tuple(sources), tuple(skipped))


def _source(
    part_file: PartFile, pieces: Sequence[Piece], dropped: int, skipped: int, folder: Path
) -> dict[str, Any]:
    source: dict[str, Any] = {"name": part_file.name, "licence": part_file.licence}
    source |= {"splits": counts_of(pieces)}
    source |= {"duplicates_dropped": dropped, "sources_skipped": skipped}
    if notices := _notices(part_file, folder):
        source["notices"] = notices
    return source


def _notices(part_file: PartFile, folder: Path) -> dict[str, str]:
    what = f"the notices of {part_file.name}, which its licence wants kept"
    names = part_file.notices
    return {name: read_text(folder / name, _LARGEST_NOTICE_BYTES, what).strip() for name in names}


def _parts(parts: Sequence[PartFile], folder: Path) -> list[tuple[PartFile, Path]]:
    if not folder.exists():
        raise UserError("a folder of music", f"nothing at {folder}", "check the path")
    found = [(each, folder / each.path) for each in parts if (folder / each.path).exists()]
    if found:
        return found
    own = PartFile(path=".", name=folder.resolve().name, licence="the user's own")
    return [(own, folder)]
