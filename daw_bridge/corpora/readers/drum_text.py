"""Drum text: words of nine drums, a piece a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np

from daw_bridge.corpora.material import Material, Reader, Reading, Source, Track, Unreadable
from daw_bridge.corpora.pieces import Events
from daw_bridge.encoding.codec import Tokens
from daw_bridge.encoding.drum_classes import N_CLASSES, PITCHES, bit
from daw_bridge.encoding.drum_text import BAR, from_text
from daw_bridge.errors import UserError
from daw_bridge.files import text_of
from daw_bridge.music.time import PPQ, Meter


def read(data: bytes, source: Source, _: Reading) -> Iterator[Material]:
    """Read 16 words a bar of 4/4, or 32, which are 32nds; other numbers of words are 16ths."""
    try:
        lines = text_of(data).splitlines()
    except UnicodeDecodeError as error:
        raise Unreadable("no drum text") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                bars = from_text(line)
            except UserError as error:
                raise Unreadable(f"no drum text (line {number}: {error})") from error
            yield _piece(f"{source.name}:{number}", bars, source.split)


def _piece(name: str, bars: Sequence[Tokens], split: str) -> Material:
    counts = [len(bar) - 1 for bar in bars]
    step = PPQ // 8 if set(counts) == {32} else PPQ // 4
    meters = [Meter(4, 4) if count * step == 4 * PPQ else Meter(count, 16) for count in counts]
    begins = accumulate((count * step for count in counts[:-1]), initial=0)
    words = np.concatenate([bar[bar != BAR] for bar in bars])
    place, drum = np.nonzero(words[:, None] & [bit(d) for d in range(N_CLASSES)])
    events = Events.of(place * step, np.array(PITCHES)[drum], 60, 100, 0)
    return Material(
        name,
        [Track("", is_drum=True, events=events)],
        list(zip(begins, meters, strict=True)),
        split=split,
        bars=np.array([(m.numerator, m.denominator) for m in meters], np.int16),
        rush=0,
    )


READER = Reader(read, largest_bytes=1 << 25)
