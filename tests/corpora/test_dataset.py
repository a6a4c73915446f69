"""Data is read once, in parallel as in one process, and parted so that nothing leaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("symusic", reason="the train extra is not installed", exc_type=ImportError)

from daw_bridge.corpora import dataset as data
from daw_bridge.corpora.dataset import Corpus
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import PITCH, VOICE, Events, Piece, cut
from daw_bridge.corpora.voices import NOISE
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter, Ticks


def tune(name: str, pitches: list[int], *, split: str = "", key: str = "C major") -> Piece:
    """Build a piece of quarter notes in 1/4: every note is a bar."""
    onsets = [480 * place for place in range(len(pitches))]
    table = cut(Events.of(onsets, pitches, 480, 90, 0), [(0, Meter(1, 4))], held=True)
    return Piece(name, *table, split=split, conditions={"key": key})


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
    one = data.read([folder], Reading("line"), workers=1)
    many = data.read([folder], Reading("line"), workers=2, progress=lambda *at: heard.append(at))
    assert same(one, many)
    assert [name for name, _ in one.skipped] == ["broken.mid"]
    assert heard[-1] == (41, 41)
    encoded = data.encode(one.pieces, Line(), workers=1)
    for a, b in zip(encoded, data.encode(one.pieces, Line(), workers=2), strict=True):
        assert a is not None
        assert b is not None
        assert np.array_equal(a.tokens, b.tokens)


def test_what_was_read_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    folder, cache = folder_of(tmp_path / "midi", 3), tmp_path / "cache"
    first = data.read([folder], Reading("line"), cache=cache)
    (kept,) = cache.iterdir()
    stamp = kept.stat().st_mtime_ns
    assert same(first, data.read([folder], Reading("line"), cache=cache))
    assert kept.stat().st_mtime_ns == stamp
    kept.write_bytes(kept.read_bytes()[:100])
    assert same(first, data.read([folder], Reading("line"), cache=cache))
    (folder / "00.mid").unlink()
    assert len(data.read([folder], Reading("line"), cache=cache).pieces) == 2
    assert len(list(cache.iterdir())) == 2


def test_where_nothing_can_be_kept_it_is_read_all_the_same(tmp_path: Path) -> None:
    folder, taken = folder_of(tmp_path / "midi", 3), tmp_path / "taken"
    taken.write_text("a file where the folder should be")
    assert len(data.read([folder], Reading("line"), cache=taken).pieces) == 3


def test_no_usable_piece_is_the_users_error(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 1)
    with pytest.raises(UserError, match="expected pieces with notes for drums, found none"):
        data.read([folder], Reading("drums"))


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ([60, 62, 64, 65, 67], "exact"),
        ([63, 65, 67, 68, 70], "transposed"),
        ([60, 62, 60, 62, 64, 65, 67, 67], "repeated bars"),
    ],
)
def test_duplicates_are_found_and_the_judging_split_keeps_its_own(
    other: list[int], kind: str
) -> None:
    pieces = (
        tune("a", [60, 62, 64, 65, 67], split="train"),
        tune("b", [60, 64, 67, 72, 71], split="train"),
        tune("c", other, split="valid"),
    )
    corpus, report = data.part(Corpus(pieces))
    assert [piece.name for piece in corpus.pieces] == ["b", "c"]
    (duplicate,) = report.duplicates
    assert (duplicate.dropped_name, duplicate.kept_name, duplicate.kind) == ("a", "c", kind)
    assert report.pieces == {"train": 1, "valid": 1}


def test_a_transposed_band_is_found_though_its_drums_stay() -> None:
    def band(name: str, bass: int) -> Piece:
        onsets = [480 * (place // 2) for place in range(10)]
        voices = [2, NOISE] * 5
        pitches = [bass if voice == 2 else 36 for voice in voices]
        table = cut(Events.of(onsets, pitches, 480, 90, voices), [(0, Meter(1, 4))], held=True)
        return Piece(name, *table, conditions={"key": "C major"})

    _, report = data.part(Corpus((band("below the kick", 33), band("above it", 40))))
    assert [duplicate.kind for duplicate in report.duplicates] == ["transposed"]


def test_pieces_without_a_split_are_parted_by_seed() -> None:
    rng = np.random.default_rng(3)
    pieces = tuple(tune(str(n), rng.integers(50, 80, 10).tolist()) for n in range(40))
    one, report = data.part(Corpus(pieces), valid_share=0.25, seed=7)
    again, _ = data.part(Corpus(pieces), valid_share=0.25, seed=7)
    other, _ = data.part(Corpus(pieces), valid_share=0.25, seed=8)
    splits = [[piece.split for piece in corpus.pieces] for corpus in (one, again, other)]
    assert splits[0] == splits[1] != splits[2]
    assert report.bars == {"train": 300, "valid": 100}


def test_one_long_piece_is_parted_in_time() -> None:
    train, valid = data.held_out_end(tune("long", list(range(40, 60))), 0.1)
    assert (train.n_bars, valid.n_bars) == (18, 2)
    assert [n.pitch for bar in valid.bars() for n in bar.notes] == [58, 59]


def test_four_voices_are_told_whether_drums_play() -> None:
    quiet = tune("a", [60, 62])
    notes = quiet.notes.copy()
    notes[1, [PITCH, VOICE]] = 36, NOISE
    codecs = [data.conditioned(ChipVoices(), each) for each in (quiet, replace(quiet, notes=notes))]
    assert codecs == [ChipVoices(Key.parse("C major"), drums=on) for on in (False, True)]


def test_a_piece_is_encoded_under_what_is_known_of_it() -> None:
    piece = tune("a", [60, 62], key="D minor")
    encoded = data.encode_piece(piece, Line())
    assert encoded is not None
    assert encoded.bars.tolist() == [0, 7, 14]
    assert (
        encoded.tokens[:7].tolist() == Line(Key.parse("D minor")).encode(piece.bars()[0]).tolist()
    )
    assert data.transpositions(tune("b", [22, 107]), 3) == [-1, 0, 1]


def test_a_meter_without_a_token_gives_no_tokens() -> None:
    table = cut(Events.of([0], [60], [480], [90], [0]), [(0, Meter(28, 4))], held=True)
    assert data.encode_piece(Piece("a", *table), Line()) is None


@pytest.mark.shared_data
def test_all_of_groove_is_read(shared_data: Path) -> None:
    corpus = data.read([shared_data / "groove"], Reading("drums"))
    assert len(corpus.pieces) == 1021
    assert corpus.skipped == ()
    assert {name: len(corpus.split(name)) for name in ("train", "valid")} == {
        "train": 897,
        "valid": 124,
    }
    encoded = data.encode(corpus.pieces, DrumGrid())
    assert all(each is not None for each in encoded)
