"""What is read has a bound, is a regular file, and may be text in any of the usual encodings."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.files import member, open_regular, open_zip, read_bounded, read_text, text_of


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(UserError) as caught:
        read_bounded(path, 4, "a preset")
    assert str(caught.value) == (
        f"expected a preset of at most 4 bytes, found more in {path}: name a smaller file"
    )


@pytest.mark.parametrize(
    ("limit", "said"), [(1 << 20, "1 MB"), (3 << 19, "1.5 MB"), (1 << 30, "1 GB"), (2048, "2 kB")]
)
def test_a_bound_is_said_in_round_numbers(tmp_path: Path, limit: int, said: str) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(limit + 1)
    with pytest.raises(UserError, match=f"at most {said}, "):
        read_bounded(path, limit)


def test_what_is_not_there_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a tune, found .*none \(No such file"):
        read_bounded(tmp_path / "none", 9, "a tune")
    with pytest.raises(UserError, match=r"expected a tune, found .* \(a folder\)"):
        read_bounded(tmp_path, 9, "a tune")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(UserError, match=r"\(no regular file\)"):
            read_bounded(tmp_path / name, 9)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_an_endless_device_is_refused_even_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to("/dev/zero")
    with pytest.raises(UserError, match=r"\(no regular file\)"):
        read_bounded(tmp_path / "model.safetensors", 9)


def test_a_link_to_a_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with open_regular(tmp_path / "b") as file:
        assert file.read() == b"x"


WORDS = "drums: [36, 38]  # für Kick\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        WORDS.encode(),
        WORDS.encode("utf-8-sig"),
        WORDS.encode("utf-16"),
        b"\xff\xfe" + WORDS.encode("utf-16-le"),
        b"\xfe\xff" + WORDS.encode("utf-16-be"),
        WORDS.encode("utf-16-le"),
        WORDS.encode("utf-16-be"),
        WORDS.encode("utf-32"),
    ],
)
def test_text_is_read_with_and_without_a_mark(raw: bytes, tmp_path: Path) -> None:
    assert text_of(raw) == WORDS
    (tmp_path / "a").write_bytes(raw)
    assert read_text(tmp_path / "a", 1000) == WORDS


@pytest.mark.parametrize(
    "raw",
    [b"caf\xe9", b"\xff\xfe\x00", b"\xff\xfe\x00\xd8", b"\0\0\0\0", bytes(range(256)), b"a\0b\0c"],
)
def test_what_is_no_text_is_said_and_where(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(raw)
    with pytest.raises(UserError, match=r"expected a text, found bytes that are none at byte \d+"):
        read_text(tmp_path / "a", 1000, "a text")


def understated(size: int) -> bytes:
    """Make a zip whose header says that its one member has 10 bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(size))
    return out.getvalue().replace(struct.pack("<I", size), struct.pack("<I", 10))


def test_a_member_that_says_less_than_it_has_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(understated(20_000_000))
    tracemalloc.start()
    try:
        with open_zip(path) as archive, pytest.raises(UserError, match=r"a\.zip: a"):
            member(archive, "a", 1000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_member_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 100)
    with open_zip(path) as archive:
        assert member(archive, "a", 100) == b"x" * 100
        with pytest.raises(UserError, match=r"at most 99 bytes, found more in .*a\.zip: a"):
            member(archive, "a", 99)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_can_only_be_unpacked_without_a_bound_is_refused(
    tmp_path: Path, method: int
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a", b"x")
    with open_zip(path) as archive, pytest.raises(UserError, match="stored or deflated"):
        member(archive, "a", 9)


def test_a_damaged_or_locked_zip_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"x" * 100)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"x" * 100, b"x" * 99 + b"y"))
    with open_zip(path) as archive, pytest.raises(UserError, match=r"a\.zip"):
        member(archive, "a", 100)
    path.write_bytes(whole[:50])
    with pytest.raises(UserError, match="expected a zip"), open_zip(path):
        pytest.fail("there is no zip")
