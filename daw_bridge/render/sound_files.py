"""Sound files as they are handed over: WAV of our own, the others by libsndfile."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from daw_bridge.errors import UserError
from daw_bridge.render.ogg import add_comments
from daw_bridge.render.wave import Block, WaveWriter

BITS = 16

_LIBSNDFILE = {
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}

_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)

Loop = tuple[int, int]
"""The first sample of a loop, and the one after its last."""


def missing(file_format: str) -> str | None:
    """Say in a line what must be installed for a format; None: nothing."""
    if file_format == "wav":
        return None
    try:
        import soundfile  # noqa: F401, PLC0415  an extra
    except (ImportError, OSError):
        return f"pip install 'daw-bridge[audio]' for {file_format}, or take --format wav"
    return None


def check(file_format: str, rate: int, *, loop: bool) -> None:
    """Check, before any work, that a sound can be written so.

    Raises:
        UserError: it cannot.
    """
    if said := missing(file_format):
        raise UserError("what writes sound files", "none installed", said)
    if file_format == "mp3" and loop:
        what = "a format that loops to the sample"
        raise UserError(what, "mp3, which pads both ends", "take wav, flac or ogg")
    if file_format == "mp3" and rate not in _MP3_RATES:
        raise UserError("a sample rate of mp3", str(rate), "take 44100 or 48000")


def write(
    path: Path, blocks: Iterable[Block], rate: int, channels: int, loop: Loop | None = None
) -> None:
    """Write a sound in the format that the path's ending names.

    A loop's points stand in a WAV file's `smpl` chunk, and in an OGG's tags LOOPSTART and
    LOOPLENGTH (in samples), where samplers and game engines look for them.

    Raises:
        OSError: the disk is full, say.
    """
    file_format = path.suffix[1:].lower()
    if file_format == "wav":
        with WaveWriter(path, rate, channels, BITS, loop) as file:
            for block in blocks:
                file.write(block)
        return
    _encode(path, blocks, rate, channels, *_LIBSNDFILE[file_format])
    if file_format == "ogg" and loop is not None:
        start, end = loop
        add_comments(path, {"LOOPSTART": str(start), "LOOPLENGTH": str(end - start)})


_AT_ONCE = 1 << 14
"""Samples; libsndfile's encoder of Vorbis puts many more on its stack, and crashes."""


def _encode(
    path: Path, blocks: Iterable[Block], rate: int, channels: int, container: str, kind: str
) -> None:
    import soundfile  # noqa: PLC0415  an extra

    try:
        file: Any = soundfile.SoundFile(
            path, "w", samplerate=rate, channels=channels, format=container, subtype=kind
        )
        with file:
            for block in blocks:
                for begin in range(0, len(block), _AT_ONCE):
                    file.write(block[begin : begin + _AT_ONCE])
    except soundfile.LibsndfileError as error:
        raise OSError(None, str(error)) from error
