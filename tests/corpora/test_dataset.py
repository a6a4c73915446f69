"""Data is read once, in parallel as in one process, and kept until a file changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import Corpus
from daw_bridge.corpora.tokens import encode
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks


def folder_of(tmp_path: Path, count: int) -> Path:
    rng = np.random.default_rng(1)
    for number in range(count):
        pitches = rng.integers(60, 72, 8).tolist()
        events = [(Ticks(480 * i), note_on(0, p, 90)) for i, p in enumerate(pitches)]
        events += [(Ticks(480 * i + 400), note_off(0, p)) for i, p in enumerate(pitches)]
        path = tmp_path / f"{number:02}.mid"
        files.write(path, events, tempo_qpm=100, meter=Meter(), name="x")
    return tmp_path


def same(one: Corpus, other: Corpus) -> bool:
    return one.skipped == other.skipped and all(
        np.array_equal(a.notes, b.notes)
        and np.array_equal(a.meters, b.meters)
        and (a.name, a.tempo_qpm, a.split, dict(a.conditions), dict(a.unmapped))
        == (b.name, b.tempo_qpm, b.split, dict(b.conditions), dict(b.unmapped))
        for a, b in zip(one.pieces, other.pieces, strict=True)
    )


def test_many_processes_read_what_one_reads(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 40)
    (folder / "broken.mid").write_bytes(b"MThd")
    heard: list[tuple[int, int]] = []
    one = read([folder], Reading("line"), workers=1)
    many = read([folder], Reading("line"), workers=2, progress=lambda *at: heard.append(at))
    assert same(one, many)
    assert [name for name, _ in one.skipped] == ["broken.mid"]
    assert heard[-1] == (41, 41)
    encoded = encode(one.pieces, Line(), workers=1)
    for a, b in zip(encoded, encode(one.pieces, Line(), workers=2), strict=True):
        assert a is not None
        assert b is not None
        assert np.array_equal(a.tokens, b.tokens)


def test_what_was_read_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    folder, cache = folder_of(tmp_path / "midi", 3), tmp_path / "cache"
    first = read([folder], Reading("line"), cache=cache)
    (kept,) = cache.iterdir()
    stamp = kept.stat().st_mtime_ns
    assert same(first, read([folder], Reading("line"), cache=cache))
    assert kept.stat().st_mtime_ns == stamp
    kept.write_bytes(kept.read_bytes()[:100])
    assert same(first, read([folder], Reading("line"), cache=cache))
    (folder / "00.mid").unlink()
    assert len(read([folder], Reading("line"), cache=cache).pieces) == 2
    assert len(list(cache.iterdir())) == 2


def test_where_nothing_can_be_kept_it_is_read_all_the_same(tmp_path: Path) -> None:
    folder, taken = folder_of(tmp_path / "midi", 3), tmp_path / "taken"
    taken.write_text("a file where the folder should be")
    assert len(read([folder], Reading("line"), cache=taken).pieces) == 3


def test_no_usable_piece_is_the_users_error(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 1)
    with pytest.raises(UserError, match="expected pieces with notes for drums, found none"):
        read([folder], Reading("drums"))


@pytest.mark.shared_data
def test_all_of_groove_is_read(shared_data: Path) -> None:
    corpus = read([shared_data / "groove"], Reading("drums"))
    assert len(corpus.pieces) == 1021
    assert corpus.skipped == ()
    assert {name: len(corpus.split(name)) for name in ("train", "valid")} == {
        "train": 897,
        "valid": 124,
    }
    encoded = encode(corpus.pieces, DrumGrid())
    assert all(each is not None for each in encoded)
