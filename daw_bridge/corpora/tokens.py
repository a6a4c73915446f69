"""Pieces as tokens, each under what is known of it; in parallel."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.pieces import BAR, DURATION, PITCH, START, VELOCITY, VOICE, Piece
from daw_bridge.corpora.voices import NOISE
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.encoding.tx1 import tokens_of
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from daw_bridge.registry import BULK

V = TypeVar("V", bound=Vocabulary)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The tokens [n_tokens] of a piece, and where each bar begins [n_bars + 1] in them."""

    tokens: NDArray[np.int32]
    bars: NDArray[np.int32]


def conditioned(vocabulary: V, piece: Piece) -> V:
    """Return the codec with what is known of a piece as its conditions, as far as it takes them."""
    settings: Any = vocabulary
    told: V = replace(settings, **conditions_of(piece, vocabulary))
    return told


def conditions_of(piece: Piece, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return what is known of a piece, as far as a codec takes it; None is not known."""
    settings: Any = vocabulary
    takes = {each.name for each in fields(settings)}
    known = known_of(piece)
    if known["style"] not in getattr(settings, "styles", ()):
        known["style"] = None
    return {name: known[name] for name in takes & known.keys()}


def known_of(piece: Piece) -> dict[str, Any]:
    """Return the conditions of a piece, by what codecs call them; None is not known."""
    key, style, kind = (piece.conditions.get(name) for name in ("key", "style", "kind"))
    return {
        "key": Key.parse(key) if key else None,
        "drums": bool((piece.notes[:, VOICE] == NOISE).any()),
        "style": style,
        "tempo_qpm": piece.tempo_qpm,
        "fill": True if kind == "fill" else None,  # in a beat some bars are fills
    }


def transpositions(piece: Piece, reach: int = 6) -> list[int]:
    """Return the semitones by which a pitched piece may be moved and stay within a piano's keys."""
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
class _EncodeChunk:
    vocabulary: Vocabulary

    def __call__(self, pieces: list[Piece]) -> list[Encoded | None]:
        # Notes are many and small and hold no cycles: looking for such costs a third of the time.
        gc.disable()
        try:
            return [encode_piece(piece, self.vocabulary) for piece in pieces]
        finally:
            gc.enable()
