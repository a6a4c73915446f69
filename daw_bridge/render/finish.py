"""From what an engine wrote to the file that is handed over: length, loop, loudness, checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from daw_bridge.errors import UserError
from daw_bridge.render import sound_files
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from daw_bridge.render.loudness import Loudness
from daw_bridge.render.played import Song
from daw_bridge.render.wave import Block, WaveFile, read_head

CEILING = 10 ** (-1.05 / 20)
"""The highest that a sample may be: below -1 dBFS, with room for rounding."""

SILENT = 10 ** (-70 / 20)
"""What stays below is not heard."""

FULL_SCALE = 0.99996
CLIPPED_RUN = 3
"""So many samples at full scale one after another are no peak but a cut one."""

FADE_S = 0.02
"""In which what rings beyond the tail is faded out."""

_AT_ONCE = 1 << 15
"""Samples: as few as stay in a cache."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out: seconds, the highest sample in dBFS, loudness, and what is suspicious.

    `gain_db` is by how much the engine's sound was turned up or down. `clipped` counts the places
    where the engine itself had cut off peaks.
    """

    seconds: float
    samples: int
    rate: int
    channels: int
    peak_db: float
    lufs: float | None
    gain_db: float
    clipped: int
    first_sound_s: float


def finish(raw: Path, out: Path, job: Job, song: Song) -> Figures:
    """Write the sound of a job to `out`, in its format, from what the engine wrote.

    It is read block by block, twice, so that an hour takes no more memory than a minute.

    Raises:
        RenderError: it is silent, or not what was asked for.
        UserError: the file cannot be written.
    """
    file = _opened(raw, job)
    looks = _looked_at(_blocks(file, job, song), job.rate)
    if looks.peak < SILENT and song.notes:
        why = UserError(
            f"a sound from {job.engine}",
            f"silence, though there are {len(song.notes)} notes",
            "look at its preset, and at the range of its instrument",
        )
        raise RenderError(Failure.SILENT, why)
    gain = _gain(looks, job.lufs)
    length = _length(job, song)
    sound_files.write(
        out,
        (block * np.float32(gain) for block in _blocks(file, job, song)),
        job.rate,
        file.channels,
        (0, length) if job.loop else None,
    )
    louder = float(20 * np.log10(gain))
    return Figures(
        seconds=round(length / job.rate, 6),
        samples=length,
        rate=job.rate,
        channels=file.channels,
        peak_db=round(_decibels(looks.peak * gain), 2),
        lufs=None if looks.lufs is None else round(looks.lufs + louder, 2),
        gain_db=round(louder, 2),
        clipped=looks.clipped,
        first_sound_s=round(looks.first / job.rate, 4),
    )


def _opened(raw: Path, job: Job) -> WaveFile:
    if not raw.exists() or not raw.stat().st_size:
        why = UserError(f"a sound from {job.engine}", "no file", "look at its preset")
        raise RenderError(Failure.FAILED, why)
    try:
        file = read_head(raw)
    except UserError as error:
        raise RenderError(Failure.FAILED, error) from error
    if file.rate != job.rate:
        found = f"{file.rate}, as {job.engine} has it"
        why = UserError(f"{job.rate} samples a second", found, "set `rate` in the preset to that")
        raise RenderError(Failure.FAILED, why)
    return file


def _length(job: Job, song: Song) -> int:
    """Return how many samples are handed over: of a loop, those of its bars."""
    return round((song.length_s + (0 if job.loop else job.tail_s)) * job.rate)


def _blocks(file: WaveFile, job: Job, song: Song) -> Iterator[Block]:
    """Return the sound at its length: silence after its end, or faded out where it is too long.

    A loop begins with what rings beyond its end, as often as that goes round.
    """
    length = _length(job, song)
    folded = _folded(file, length, job) if job.loop else None
    fade = 0 if job.loop or file.length <= length else min(round(FADE_S * job.rate), length)
    at = 0
    for block in file.blocks(_AT_ONCE):
        part = block[: length - at].copy()
        if folded is not None:
            over = folded[at : at + len(part)]
            part[: len(over)] += over
        if fade and at + len(part) > length - fade:
            left = np.arange(length - at, length - at - len(part), -1, dtype=np.float32)
            part *= np.clip(left / fade, 0, 1)[:, None]
        at += len(part)
        yield part
        if at == length:
            return
    while at < length:
        silence = np.zeros((min(_AT_ONCE, length - at), file.channels), np.float32)
        if folded is not None:
            over = folded[at : at + len(silence)]
            silence[: len(over)] += over
        at += len(silence)
        yield silence


def _folded(file: WaveFile, length: int, job: Job) -> Block:
    """Return what sounds after a loop's end, laid over its beginning."""
    size = min(max(file.length - length, 0), round(job.tail_s * job.rate))
    out = np.zeros((min(size, length), file.channels), np.float32)
    at = 0
    for block in file.blocks(_AT_ONCE):
        first, last = max(length - at, 0), min(length + size - at, len(block))
        for begin in range(first, max(first, last), max(length, 1)):
            part = block[begin : min(begin + length, last)]
            place = (at + begin - length) % length
            head = part[: length - place]
            out[place : place + len(head)] += head
            rest = part[len(head) :]
            out[: len(rest)] += rest
        at += len(block)
    if file.length > length + size == length + len(out):  # it still rings where it is cut off
        fade = min(round(FADE_S * job.rate), len(out))
        out[len(out) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return out


@dataclass(frozen=True, slots=True)
class _Looks:
    peak: float
    lufs: float | None
    clipped: int
    first: int


def _looked_at(blocks: Iterator[Block], rate: int) -> _Looks:
    loudness, peak, clipped, first, at = Loudness(rate), 0.0, 0, -1, 0
    for block in blocks:
        loudness.add(block)
        high = float(np.abs(block).max(initial=0))
        peak = max(peak, high)
        if first < 0 and high >= SILENT:
            first = at + int(np.argmax(np.abs(block).max(axis=1) >= SILENT))
        if high >= FULL_SCALE:
            clipped += _runs(np.abs(block) >= FULL_SCALE)
        at += len(block)
    return _Looks(peak, loudness.lufs(), clipped, max(first, 0))


def _runs(full: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Count the runs of samples at full scale that are too long for a peak."""
    together = full[: len(full) - CLIPPED_RUN + 1].copy()
    for i in range(1, CLIPPED_RUN):
        together &= full[i : len(full) - CLIPPED_RUN + 1 + i]
    begins = together.copy()
    begins[1:] &= ~together[:-1]
    return int(begins.sum())


def _gain(looks: _Looks, lufs: float | None) -> float:
    """Return the gain to a loudness, or none; less where peaks would be too high."""
    wanted = 1.0 if lufs is None or looks.lufs is None else 10 ** ((lufs - looks.lufs) / 20)
    return min(wanted, CEILING / looks.peak) if looks.peak else wanted


def _decibels(level: float) -> float:
    return float(20 * np.log10(max(level, 1e-10)))
