"""Music of any format, part by part: read, freed of duplicates across all parts, and split."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from daw_bridge.config.files import user_folder
from daw_bridge.config.training import PartFile, ReadingFile, TrainingFile
from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.duplicates import find_duplicates
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.music import Music, counts_of, fits
from daw_bridge.corpora.parting import held_out_end, part
from daw_bridge.corpora.pieces import Corpus, Piece
from daw_bridge.corpora.weighing import balanced, off_grid, velocity_spread
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.encoding.kind import Kind
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
    role = vocabulary.kind
    thirds = bool(vocabulary.tokens.thirds.any())
    read_ones = [_read(each, path, Reading(role), thirds) for each, path in found]
    corpora = [corpus for corpus, _ in read_ones]
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
    sources, parted, besides = [], list[Piece](), list[Piece]()
    for number, ((each, path), (corpus, left)) in enumerate(zip(found, read_ones, strict=True)):
        own = [piece for of, piece in owned if of == number]
        left_out = {
            "duplicates_dropped": dropped[number],
            "sources_skipped": len(corpus.skipped),
            **left,
        }
        sources.append(_source(each, own, left_out, folder))
        learnt = {piece.name for piece in own if piece.split == "train"}
        others = [
            replace(piece, split="train")
            for piece in _other_ways(each, path, role, thirds)
            if piece.name in learnt and fits(piece, vocabulary)
        ]
        n_others = Counter(piece.name for piece in others)
        parted += [_shared(piece, 1 + n_others[piece.name]) for piece in own]
        besides += [_shared(piece, 1 + n_others[piece.name]) for piece in others]
    weighed = balanced([*parted, *besides], reading.balance)
    pieces, besides = weighed[: len(parted)], weighed[len(parted) :]
    return Music(tuple(pieces), tuple(sources), tuple(skipped), tuple(besides))


def _read(
    part_file: PartFile, path: Path, reading: Reading, thirds: bool
) -> tuple[Corpus, dict[str, int]]:
    """Read the files that a part wants, as it weighs them; count what is left out, and why.

    With `thirds`, triplets are on the grid.
    """
    corpus = read([path], reading, cache=user_folder() / "cache")
    wanted = re.compile(part_file.files).search
    found = [piece for piece in corpus.pieces if wanted(piece.name)]
    on_grid = [piece for piece in found if off_grid(piece, thirds=thirds) <= part_file.off_grid]
    kept = [piece for piece in on_grid if velocity_spread(piece) >= part_file.spread]
    last = part_file.weight if part_file.last_weight is None else part_file.last_weight
    told = {"style": part_file.style} if part_file.style else {}
    pieces = tuple(
        replace(piece, weights=(part_file.weight, last), conditions={**piece.conditions, **told})
        for piece in kept
    )
    skipped = tuple((name, why) for name, why in corpus.skipped if wanted(name))
    left_out = {
        "off_grid_left_out": len(found) - len(on_grid),
        "without_dynamics_left_out": len(on_grid) - len(kept),
    }
    return Corpus(pieces, skipped), {name: n for name, n in left_out.items() if n}


def _other_ways(part_file: PartFile, path: Path, role: Kind, thirds: bool) -> Iterator[Piece]:
    """Read a part in its other ways; a song that has not so many tracks is not in all of them."""
    for way in range(1, part_file.ways):
        with contextlib.suppress(UserError):  # no song has so many
            yield from _read(part_file, path, Reading(role, way=way), thirds)[0].pieces


def _shared(piece: Piece, n: int) -> Piece:
    """Share the weights of a song among the `n` pieces that it is learnt as."""
    first, last = piece.weights
    return replace(piece, weights=(first / n, last / n))


def _source(
    part_file: PartFile, pieces: Sequence[Piece], left_out: Mapping[str, int], folder: Path
) -> dict[str, Any]:
    source: dict[str, Any] = {"name": part_file.name, "licence": part_file.licence}
    source |= {"splits": counts_of(pieces), **left_out}
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
