"""Music in, pieces and tokens out: read in parallel, kept, parted without leaks.

corpus = read([folder], Reading("drums"))
corpus, report = part(corpus, seed=1)
tokens = encode(corpus.pieces, DrumGrid())
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import json
import os
import random
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.duplicates import Duplicate, find_duplicates
from daw_bridge.corpora.material import Reading, Source, Unreadable
from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.pieces import BAR, DURATION, PITCH, START, VELOCITY, VOICE, Piece
from daw_bridge.corpora.sources import Archives, find_sources, read_source
from daw_bridge.corpora.voices import NOISE
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.encoding.drum_grid import STYLES
from daw_bridge.encoding.tx1 import tokens_of
from daw_bridge.errors import UserError
from daw_bridge.files import whole
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from daw_bridge.registry import BULK

V = TypeVar("V", bound=Vocabulary)

CACHE_VERSION = 5
"""Raise this when what is read from the same bytes changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Hold pieces, and the sources that gave none, each with the reason."""

    pieces: tuple[Piece, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    def split(self, name: str) -> tuple[Piece, ...]:
        """Give the pieces of a split."""
        return tuple(piece for piece in self.pieces if piece.split == name)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Hold the tokens [n_tokens] of a piece, and where each bar begins [n_bars + 1] in them."""

    tokens: NDArray[np.int32]
    bars: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Parting:
    """Tell what `part` dropped and why, and how much is in each split."""

    duplicates: tuple[Duplicate, ...]
    pieces: Mapping[str, int]
    bars: Mapping[str, int]


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
    kept = None if cache is None else cache / f"{_key(sources, reading)}.npz"
    corpus = _load(kept) if kept is not None else None
    if corpus is None:
        results = spread(_ReadChunk(reading), sources, workers=workers, progress=progress)
        pieces = tuple(piece for result in results for piece in result[0])
        corpus = Corpus(pieces, tuple(skip for result in results for skip in result[1]))
        if kept is not None:
            with contextlib.suppress(UserError):  # no room, or no right: it is read anew next time
                _save(kept, corpus)
    if not corpus.pieces:
        reasons = "; ".join(f"{name}: {why}" for name, why in corpus.skipped[:3])
        raise UserError(
            f"pieces with notes for {reading.role}",
            f"none in {len(sources)} sources ({reasons})",
            "name other data",
        )
    return corpus


def part(corpus: Corpus, *, valid_share: float = 0.1, seed: int = 1) -> tuple[Corpus, Parting]:
    """Drop duplicates, then put every piece in a split; no piece is in two.

    Splits that the corpus states stay; of duplicates across them the one outside training stays.
    Pieces without a split are drawn for "valid" by seed until it has its share of the bars.
    """
    duplicates = find_duplicates(corpus.pieces)
    dropped = {duplicate.dropped for duplicate in duplicates}
    pieces = [piece for number, piece in enumerate(corpus.pieces) if number not in dropped]
    open_ones = [number for number, piece in enumerate(pieces) if not piece.split]
    random.Random(seed).shuffle(open_ones)  # noqa: S311  a split is no secret
    wanted = valid_share * sum(pieces[number].n_bars for number in open_ones)
    for number in open_ones:
        in_valid = wanted > 0 and len(open_ones) > 1
        wanted -= pieces[number].n_bars if in_valid else 0
        pieces[number] = replace(pieces[number], split="valid" if in_valid else "train")
    names = sorted({piece.split for piece in pieces})
    counts = {name: [p.n_bars for p in pieces if p.split == name] for name in names}
    report = Parting(
        tuple(duplicates),
        {name: len(bars) for name, bars in counts.items()},
        {name: sum(bars) for name, bars in counts.items()},
    )
    return replace(corpus, pieces=tuple(pieces)), report


def held_out_end(piece: Piece, share: float = 0.1) -> tuple[Piece, Piece]:
    """Part one long piece in time: all but its last bars for training, those for validation."""
    first = piece.n_bars - round(share * piece.n_bars)
    notes = piece.notes
    late = notes[:, BAR] >= first
    end = notes[late].copy()
    end[:, BAR] -= first
    return (
        replace(piece, notes=notes[~late], meters=piece.meters[:first], split="train"),
        replace(piece, notes=end, meters=piece.meters[first:], split="valid"),
    )


def conditioned(vocabulary: V, piece: Piece) -> V:
    """Return the codec with what is known of a piece as its conditions, as far as it takes them."""
    settings: Any = vocabulary
    takes = {each.name for each in fields(settings)}
    known = _known_of(piece)
    told: V = replace(settings, **{name: known[name] for name in takes & known.keys()})
    return told


def _known_of(piece: Piece) -> dict[str, Any]:
    """Return the conditions of a piece, by what codecs call them; None is not known."""
    key, style, kind = (piece.conditions.get(name) for name in ("key", "style", "kind"))
    return {
        "key": Key.parse(key) if key else None,
        "drums": bool((piece.notes[:, VOICE] == NOISE).any()),
        "style": style if style in STYLES else None,
        "tempo_qpm": piece.tempo_qpm,
        "fill": None if kind is None else kind == "fill",
    }


def transpositions(piece: Piece, reach: int = 6) -> list[int]:
    """Give the semitones by which a pitched piece may be moved and stay within a piano's keys."""
    pitches = piece.notes[piece.notes[:, VOICE] != NOISE, PITCH]
    if not len(pitches):
        return [0]
    low, high = int(pitches.min()), int(pitches.max())
    return [step for step in range(-reach, reach) if low + step >= 21 and high + step <= 108]


def encode(
    pieces: Sequence[Piece],
    vocabulary: Vocabulary,
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> list[Encoded | None]:
    """Encode pieces in parallel, each under its own conditions.

    None stands for a piece with a meter that the encoding has no token for.
    """
    # To encode in bulk takes less than to hand pieces to another process.
    workers = 1 if vocabulary.name in BULK else workers
    results = spread(_EncodeChunk(vocabulary), pieces, workers=workers, progress=progress)
    return [encoded for result in results for encoded in result]


def encode_piece(piece: Piece, vocabulary: Vocabulary) -> Encoded | None:
    """Encode one piece under its conditions; None: a meter that the encoding has no token for."""
    codec = conditioned(vocabulary, piece)
    if not has_bars(codec):
        return _encode_events(piece)
    if codec.name in BULK:
        return _encode_hits(piece, codec)
    try:
        bars = [codec.encode(bar) for bar in piece.bars()]
    except UserError:
        return None
    ends = np.cumsum([0, *map(len, bars)])
    tokens = np.concatenate(bars) if bars else np.zeros(0)
    return Encoded(tokens.astype(np.int32), ends.astype(np.int32))


def _encode_hits(piece: Piece, codec: Codec) -> Encoded | None:
    meters = {pair: Meter(*pair) for pair in set(map(tuple, piece.meters.tolist()))}
    bar, start, pitch, velocity = piece.notes[:, [BAR, START, PITCH, VELOCITY]].astype(np.int64).T
    try:
        tokens, bars = BULK[codec.name](
            codec, bar, start, pitch, velocity, [meters[tuple(m)] for m in piece.meters.tolist()]
        )
    except UserError:
        return None
    return Encoded(tokens.astype(np.int32), bars.astype(np.int32))


def _encode_events(piece: Piece) -> Encoded:
    """Encode a song in samples, which is one bar for want of any."""
    starts, stops = piece.notes[:, START], piece.notes[:, START] + piece.notes[:, DURATION]
    rows = np.stack([starts, stops, piece.notes[:, PITCH]], 1)
    voices = [
        [
            (start, stop, pitch)
            for start, stop, pitch in rows[piece.notes[:, VOICE] == voice].tolist()
        ]
        for voice in range(4)
    ]
    tokens = tokens_of(voices, int(piece.conditions.get("end", "0")))
    return Encoded(tokens.astype(np.int32), np.array([0, len(tokens)], np.int32))


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


@dataclass(frozen=True, slots=True)
class _EncodeChunk:
    vocabulary: Vocabulary

    def __call__(self, pieces: list[Piece]) -> list[Encoded | None]:
        # Notes are many and small and hold no cycles: looking for such costs a third of the time.
        gc.disable()
        try:
            return [encode_piece(piece, self.vocabulary) for piece in pieces]
        finally:
            gc.enable()


def _key(sources: Iterable[Source], reading: Reading) -> str:
    digest = hashlib.sha256(json.dumps([CACHE_VERSION, asdict(reading)]).encode())
    seen: dict[Path, os.stat_result] = {}
    for source in sources:
        if source.path not in seen:
            seen[source.path] = source.path.stat()
        stat = seen[source.path]
        row = [str(source.path.resolve()), source.member, stat.st_size, stat.st_mtime_ns]
        digest.update(json.dumps([*row, source.split, source.conditions]).encode())
    return digest.hexdigest()[:32]


def _save(path: Path, corpus: Corpus) -> None:
    about = [
        {
            "name": piece.name,
            "notes": len(piece.notes),
            "bars": piece.n_bars,
            "tempo_qpm": piece.tempo_qpm,
            "split": piece.split,
            "conditions": dict(piece.conditions),
            "unmapped": list(piece.unmapped.items()),
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


def _load(path: Path) -> Corpus | None:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            notes, meters = file["notes"], file["meters"]
            about = json.loads(file["about"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # not there yet, or damaged: it is read anew
    return Corpus(
        tuple(_pieces(about["pieces"], notes, meters)),
        tuple((name, why) for name, why in about["skipped"]),
    )


def _pieces(
    rows: list[dict[str, object]], notes: NDArray[np.int32], meters: NDArray[np.int16]
) -> Iterator[Piece]:
    note = bar = 0
    for row in rows:
        next_note, next_bar = note + int(str(row["notes"])), bar + int(str(row["bars"]))
        yield Piece(
            str(row["name"]),
            notes[note:next_note],
            meters[bar:next_bar],
            float(str(row["tempo_qpm"])),
            str(row["split"]),
            dict(row["conditions"]),  # type: ignore[call-overload]
            dict(row["unmapped"]),  # type: ignore[call-overload]
        )
        note, bar = next_note, next_bar
