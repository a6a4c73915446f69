"""WAV files, block by block: ours as floats, and whatever an engine writes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from daw_bridge.errors import UserError
from daw_bridge.files import open_regular

Block = NDArray[np.float32]
"""[sample, channel] in -1..1."""

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE

_UNKNOWN = 0xFFFFFFFF


class WaveWriter:
    """A WAV file that grows block by block.

    `bits` is 16, 24 (whole numbers, cut off at full scale) or 32 (floats). `loop` are the first
    sample of a loop and the one after its last, as samplers and game engines read them of a `smpl`
    chunk.
    """

    def __init__(
        self,
        path: Path,
        rate: int,
        channels: int,
        bits: int = 32,
        loop: tuple[int, int] | None = None,
    ) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._rate, self._channels, self._bits, self._loop = rate, channels, bits, loop
        self._bytes = 0
        self._file.write(self._head())

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write how long it has become."""
        with self._file:
            if error is None:
                self._file.write(b"\0" * (self._bytes % 2) + self._loop_chunk())
                self._file.seek(0)
                self._file.write(self._head())

    def write(self, block: Block) -> None:
        """Write more samples."""
        raw = _packed(block, self._bits)
        self._bytes += len(raw)
        self._file.write(raw)

    def _head(self) -> bytes:
        frame = self._channels * self._bits // 8
        code = FLOAT if self._bits == 32 else PCM
        form = struct.pack(
            "<HHIIHH", code, self._channels, self._rate, self._rate * frame, frame, self._bits
        )
        chunks = _chunk(b"fmt ", form)
        if code == FLOAT:
            chunks += _chunk(b"fact", struct.pack("<I", self._bytes // frame))
        size = 4 + len(chunks) + 8 + self._bytes + self._bytes % 2 + len(self._loop_chunk())
        if size > _UNKNOWN:
            raise UserError("a WAV file below 4 GB", "a longer one", "choose flac, or cut the file")
        return (
            struct.pack("<4sI4s", b"RIFF", size, b"WAVE")
            + chunks
            + b"data"
            + struct.pack("<I", self._bytes)
        )

    def _loop_chunk(self) -> bytes:
        if self._loop is None:
            return b""
        period_ns = round(1e9 / self._rate)
        head = (0, 0, period_ns, 60, 0, 0, 0, 1, 0)
        # its kind (forward), first and last sample (the last sounds), no fraction, without end
        loop = (0, 0, self._loop[0], self._loop[1] - 1, 0, 0)
        return _chunk(b"smpl", struct.pack("<15I", *head, *loop))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _packed(block: Block, bits: int) -> memoryview:
    """Return the bytes of samples; nothing is copied that need not be."""
    if bits == 32:
        packed = np.ascontiguousarray(block, "<f4")
    else:
        full = 2 ** (bits - 1)
        whole = np.ascontiguousarray(block) * np.float32(full)
        np.rint(whole, out=whole)
        np.clip(whole, -full, full - 1, out=whole)
        packed = whole.astype("<i2" if bits == 16 else "<i4")
        if bits == 24:
            packed = np.ascontiguousarray(packed.view(np.uint8).reshape(-1, 4)[:, :3])
    return packed.reshape(-1).view(np.uint8).data


@dataclass(frozen=True, slots=True)
class WaveFile:
    """What a WAV file holds, and where: `offset` is that of its samples' bytes."""

    path: Path
    rate: int
    channels: int
    length: int
    code: int
    bits: int
    offset: int

    def blocks(self, size: int) -> Iterator[Block]:
        """Read it, `size` samples at a time; the blocks may be read-only."""
        frame = self.channels * self.bits // 8
        with open_regular(self.path, "a WAV file") as file:
            file.seek(self.offset)
            left = self.length
            while left > 0:
                raw = file.read(min(size, left) * frame)
                n = len(raw) // frame
                if n == 0:
                    return
                yield _unpacked(raw[: n * frame], self.code, self.bits).reshape(n, self.channels)
                left -= n


def read_head(path: Path) -> WaveFile:
    """Read what a WAV file holds; programs that wrote to a pipe leave its length open.

    Raises:
        UserError: it is none, or of an encoding that instruments do not write.
    """
    with open_regular(path, "a WAV file") as file:
        riff, _, wave = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        form: tuple[int, ...] | None = None
        if riff in (b"RIFF", b"RF64") and wave == b"WAVE":
            end = path.stat().st_size
            while len(head := file.read(8)) == 8:
                name, size = struct.unpack("<4sI", head)
                if name == b"fmt " and size >= 16:
                    form = _form(file.read(min(size, 64)))
                    file.seek(max(size - 64, 0) + size % 2, 1)
                elif name == b"data" and form is not None:
                    code, channels, rate, bits = form
                    offset = file.tell()
                    frame = channels * bits // 8
                    length = min(size, end - offset) // frame
                    return WaveFile(path, rate, channels, length, code, bits, offset)
                else:
                    file.seek(size + size % 2, 1)
    what, do = "a WAV file of whole numbers or floats", "export it as that, whole"
    raise UserError(what, f"another ({path.name})", do)


def _form(raw: bytes) -> tuple[int, int, int, int] | None:
    if len(raw) < 16:  # the file ends in it
        return None
    code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", raw[:16])
    if code == EXTENSIBLE and len(raw) >= 26:
        code = struct.unpack("<H", raw[24:26])[0]
    known = (code == PCM and bits in (8, 16, 24, 32)) or (code == FLOAT and bits in (32, 64))
    return (code, channels, rate, bits) if known and channels and rate else None


def _unpacked(raw: bytes, code: int, bits: int) -> Block:
    if code == FLOAT:
        return np.frombuffer(raw, "<f4" if bits == 32 else "<f8").astype(np.float32, copy=False)
    if bits == 8:
        return np.float32(1 / 128) * (np.frombuffer(raw, np.uint8).astype(np.float32) - 128)
    if bits == 24:
        three = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        four = np.zeros((len(three), 4), np.uint8)
        four[:, 1:] = three
        return (four.view("<i4").reshape(-1) / 2**31).astype(np.float32)
    whole = np.frombuffer(raw, "<i2" if bits == 16 else "<i4")
    return whole.astype(np.float32) * np.float32(2.0 ** (1 - bits))
