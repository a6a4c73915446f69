"""WAV files: what is written can be read, by us and by others, and so can what others write."""

import struct
import wave

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.render.wave import WaveWriter, read_head
from tests.render.tunes import sound

RNG = np.random.default_rng(1)
BLOCKS = [RNG.uniform(-1, 1, (n, 2)).astype(np.float32) for n in (100, 1, 333)]
WHOLE = np.concatenate(BLOCKS)


@pytest.mark.parametrize(("bits", "off"), [(16, 2**-16), (24, 2**-24), (32, 0)])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_read(tmp_path, bits, off, channels):
    path = tmp_path / "a.wav"
    with WaveWriter(path, 44_100, channels, bits) as file:
        for block in BLOCKS:
            file.write(block[:, :channels])
    head = read_head(path)
    assert (head.rate, head.channels, head.length, head.bits) == (44_100, channels, 434, bits)
    assert np.abs(sound(path) - WHOLE[:, :channels]).max() <= off * 1.01
    blocks = list(head.blocks(100))
    assert [len(each) for each in blocks] == [100, 100, 100, 100, 34]
    assert struct.unpack("<4sI", path.read_bytes()[:8]) == (b"RIFF", path.stat().st_size - 8)


def test_others_read_it(tmp_path):
    with WaveWriter(tmp_path / "a.wav", 48_000, 2, 16, (0, 434)) as file:
        file.write(2 * WHOLE)  # cut off at full scale, not folded over
    with wave.open(str(tmp_path / "a.wav")) as read:
        assert read.getparams()[:4] == (2, 2, 48_000, 434)
        samples = np.frombuffer(read.readframes(434), "<i2").reshape(-1, 2)
    assert np.array_equal(np.sign(samples), np.sign(np.rint(WHOLE * 65_536)))
    assert (samples.min(), samples.max()) == (-32_768, 32_767)


def test_the_points_of_a_loop_stand_where_samplers_look(tmp_path):
    path = tmp_path / "a.wav"
    with WaveWriter(path, 48_000, 1, 24, (10, 433)) as file:
        file.write(WHOLE[:433, :1])
    raw = path.read_bytes()
    at = raw.index(b"smpl")
    assert struct.unpack_from("<I", raw, at + 4) == (60,)
    numbers = struct.unpack_from("<15I", raw, at + 8)
    assert numbers[2] == 20_833
    assert numbers[7:] == (1, 0, 0, 0, 10, 432, 0, 0)
    assert read_head(path).length == 433


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def form(code: int, bits: int, channels: int = 1) -> bytes:
    frame = bits // 8 * channels
    return struct.pack("<HHIIHH", code, channels, 8000, 8000 * frame, frame, bits)


def riff(*chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WAVE" + b"".join(chunks)


@pytest.mark.parametrize(
    ("fmt", "data"),
    [
        (form(1, 8), bytes([128, 255, 0])),
        (form(1, 16), struct.pack("<3h", 0, 32_512, -32_768)),
        (form(1, 24), b"\0\0\0\0\0\x7f\0\0\x80"),
        (form(1, 32), struct.pack("<3i", 0, 127 << 24, -(2**31))),
        (form(3, 32), struct.pack("<3f", 0, 127 / 128, -1)),
        (form(3, 64), struct.pack("<3d", 0, 127 / 128, -1)),
        (form(0xFFFE, 16) + struct.pack("<HHIH14s", 22, 16, 0, 1, b""),
         struct.pack("<3h", 0, 32_512, -32_768)),
    ],
)  # fmt: skip
def test_every_encoding_of_instruments_is_read(tmp_path, fmt, data):
    path = tmp_path / "a.wav"
    path.write_bytes(riff(chunk(b"JUNK", b"odd"), chunk(b"fmt ", fmt), chunk(b"data", data)))
    assert sound(path)[:, 0] == pytest.approx([0, 127 / 128, -1])


def test_a_length_left_open_goes_to_the_end(tmp_path):
    path = tmp_path / "a.wav"
    data = b"data" + struct.pack("<I", 0xFFFFFFFF) + bytes(range(11))
    path.write_bytes(riff(chunk(b"fmt ", form(1, 16)), data))
    assert read_head(path).length == 5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"RIFF",
        b"OggS" * 20,
        riff(chunk(b"fmt ", form(1, 12)), chunk(b"data", b"abc")),
        riff(chunk(b"fmt ", form(2, 16)), chunk(b"data", b"abc")),
        riff(chunk(b"fmt ", form(1, 16, channels=0)), chunk(b"data", b"abc")),
        riff(chunk(b"data", b"abc")),
        riff(chunk(b"fmt ", form(1, 16))),
        *(riff(chunk(b"fmt ", form(1, 16)))[:n] for n in range(12, 36)),
    ],
)
def test_what_is_no_wave_is_refused_in_a_line(tmp_path, raw):
    (tmp_path / "a.wav").write_bytes(raw)
    with pytest.raises(UserError, match=r"a\.wav"):
        read_head(tmp_path / "a.wav")
