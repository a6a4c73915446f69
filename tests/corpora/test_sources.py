"""Every format is read; what cannot be read is told, not dropped."""

from __future__ import annotations

import zipfile
from itertools import accumulate
from pathlib import Path

import pytest

from daw_bridge.corpora.material import Reading, Unreadable
from daw_bridge.corpora.sources import Archives, find_sources, read_source
from daw_bridge.errors import UserError
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from tests.corpora.sources import pieces_of


def midi(path: Path, notes: list[tuple[int, int, int]]) -> None:
    """Write notes of (channel, pitch, tick), a quarter each."""
    events = [(Ticks(tick), note_on(channel, pitch, 80)) for channel, pitch, tick in notes]
    events += [(Ticks(tick + 480), note_off(channel, pitch)) for channel, pitch, tick in notes]
    files.write(path, events, tempo_qpm=90, meter=Meter(), name=path.stem)


def held(*gaps: int, division: int = 480) -> bytes:
    """Give a MIDI file of kicks so far apart."""
    ticks = [*accumulate(gaps, initial=0)]
    hits = [(tick, message) for tick in ticks for message in (note_on(9, 36, 9), note_off(9, 36))]
    end = (ticks[-1], smf.meta(smf.END_OF_TRACK, b""))
    return smf.pack([[*hits, end]], division)


def test_a_zip_is_read_and_its_name_is_the_split(tmp_path: Path) -> None:
    midi(tmp_path / "a.mid", [(0, 60, 0)])
    with zipfile.ZipFile(tmp_path / "songs_valid.zip", "w") as archive:
        archive.write(tmp_path / "a.mid", "inside/a.mid")
    (piece,) = pieces_of(tmp_path / "songs_valid.zip", "line")
    assert (piece.name, piece.split) == ("songs_valid.zip/inside/a.mid", "valid")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.mid", b"", "an empty file"),
        ("a.mid", b"RIFF....", "no MIDI file"),
        (
            "a.mid",
            b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00\x10\x00\x00",
            "damaged",
        ),
        ("a.txt", b"hello world", "no drum text"),
        ("a.txt", b"\xff", "no drum text"),
        ("a.json", b"{", "no frames"),
        ("a.json", b"[1]", "no frames"),
        ("a.json", b'{"train": [[[60, 200]]]}', "no frames"),
        ("a.json", b'{"train": [[[60, 1e999]]]}', "no frames"),
        ("a.npz", b"PK\x03\x04", "no piano rolls"),
        ("a.pently", b"song x\n play nothing\n", "no score of Pently"),
        ("a.pently", b"song x\n at 99999999\n fine\n", "line 2: 'at 99999999'"),
        ("a.pently", b"song x\n" + b"at 1 " * 5000, "line 2: 'at 1 "),
        ("a.mid", held(smf.LONGEST_DELTA, division=1), "too long"),
        ("a.mid", held(*[smf.LONGEST_DELTA] * 99), "too long"),
        ("a.zip", b"PK", "not a zip file"),
    ],
)
def test_what_is_damaged_says_so(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    (source,) = find_sources(tmp_path)
    role = "frames" if name.endswith(("npz", "json")) else "drums"
    with Archives() as archives, pytest.raises(Unreadable, match=reason):
        read_source(source, Reading(role), archives)


def test_a_place_without_music_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    with pytest.raises(UserError, match="expected music"):
        find_sources(tmp_path)
    with pytest.raises(UserError, match="nothing at"):
        find_sources(tmp_path / "no")
