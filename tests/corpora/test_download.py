"""Archives are fetched whole and checked, or nothing is left."""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from daw_bridge.corpora.download import ARCHIVES, Archive, get
from daw_bridge.errors import UserError


def packed(*names: str, content: bytes = b"music") -> bytes:
    """Make a zip of files that are alike."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


PACKED = packed("songs/a.txt", content=b"music" * 1000)
LARGE = packed("songs/a.txt", "songs/b.txt", content=bytes(600))
HOSTILE = {
    "/up.zip": packed("songs/a.txt", "songs/../../up.txt"),
    "/absolute.zip": packed("songs/a.txt", "/daw-bridge-absolute.txt"),
    "/large.zip": LARGE,
    "/understated.zip": LARGE.replace(struct.pack("<I", 600), struct.pack("<I", 10)),
    "/many.zip": packed(*(f"songs/{n}.txt" for n in range(11))),
    "/elsewhere.zip": packed("music/a.txt"),
    "/none.zip": b"no zip at all",
}
"""What no archive of ours holds, though it has the sum that is expected."""


class Answers(BaseHTTPRequestHandler):
    """Serve the zip whole, and a part of it that claims to be all."""

    def do_GET(self) -> None:
        if self.path == "/missing.zip":
            self.send_error(404)
            return
        content = HOSTILE.get(self.path, PACKED)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(PACKED[:50] if self.path == "/cut.zip" else content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def archive(url: str, content: bytes = PACKED) -> Archive:
    return Archive(url, hashlib.sha256(content).hexdigest(), "songs", "free")


def test_an_archive_is_fetched_and_unpacked(address: str, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    url = f"{address}/whole.zip"
    place = get(archive(url), tmp_path / "data", progress=lambda *at: heard.append(at))
    assert (place / "a.txt").read_text() == "music" * 1000
    assert heard[-1] == (len(PACKED), len(PACKED))
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["songs"]


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("whole.zip", b"other", "sha256"),
        ("cut.zip", PACKED, "bytes of|no answer"),
        ("missing.zip", PACKED, "no answer.*404|no answer.*Not Found"),
    ],
)
def test_what_goes_wrong_leaves_nothing(
    address: str, tmp_path: Path, path: str, content: bytes, reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        get(archive(f"{address}/{path}", content), tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("up.zip", "files inside the folder, found 'songs/../../up.txt' in http"),
        ("absolute.zip", "files inside the folder, found '/daw-bridge-absolute.txt'"),
        ("large.zip", "at most 424 bytes, found more in http.*: songs/b.txt"),
        ("understated.zip", "a whole zip"),
        ("many.zip", "at most 10 files, found 11"),
        ("elsewhere.zip", "a folder songs in it"),
        ("none.zip", "a zip, found .*not a zip file"),
    ],
)
def test_what_an_archive_may_not_do_is_refused_and_leaves_nothing(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, reason: str
) -> None:
    monkeypatch.setattr("daw_bridge.corpora.download._MOST_FILES", 10)
    monkeypatch.setattr("daw_bridge.corpora.download._MOST_UNPACKED", 1024)
    hostile = archive(f"{address}/{path}", HOSTILE[f"/{path}"])
    with pytest.raises(UserError, match=reason):
        get(hostile, tmp_path / "data")
    assert list(tmp_path.iterdir()) == [tmp_path / "data"]
    assert list((tmp_path / "data").iterdir()) == []


def test_an_interruption_leaves_nothing(address: str, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(archive(f"{address}/whole.zip"), tmp_path, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(address: str, tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    with pytest.raises(UserError, match="free"):
        get(archive(f"{address}/whole.zip"), tmp_path)


def test_known_archives_have_a_hash_and_a_licence() -> None:
    for each in ARCHIVES.values():
        assert each.url.startswith("https://")
        assert len(each.sha256) == 64
        assert each.licence
