"""Every format is read; what cannot be read is told, not dropped."""

from __future__ import annotations

import json
import zipfile
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("symusic", reason="the train extra is not installed", exc_type=ImportError)

from daw_bridge.corpora.material import Reading, Unreadable
from daw_bridge.corpora.pieces import PITCH, VOICE, Piece
from daw_bridge.corpora.sources import Archives, find_sources, read_source
from daw_bridge.errors import UserError
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

PENTLY = """
durations stick
drum kick kicksfx
drum clhat hatsfx
instrument piano
  volume 9 8
song small
  time 3/4
  tempo 100
  scale 8
  pattern tune on pulse1 with piano
    relative
    c'4 e g c2 w4
  pattern low on triangle
    c'2.
  pattern beat
    kick4 clhat clhat
  at 1
  play tune
  play low
  play beat
  at 5
  fine
"""


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


def pieces_of(path: Path, role: str) -> list[Piece]:
    with Archives() as archives:
        sources = find_sources(path)
        return [piece for s in sources for piece in read_source(s, Reading(role), archives)]


def test_a_midi_file_gives_each_role_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    midi(path, [(9, 36, 0), (9, 22, 480), (9, 70, 960), (0, 60, 0), (0, 67, 480), (1, 40, 0)])
    (drums,) = pieces_of(path, "drums")
    assert drums.notes[:, PITCH].tolist() == [36, 22]
    assert drums.unmapped == {70: 1}
    assert drums.tempo_qpm == pytest.approx(90, abs=0.01)
    (line,) = pieces_of(path, "line")
    assert line.notes[:, PITCH].tolist() == [60, 67]
    (polyphony,) = pieces_of(path, "polyphony")
    assert polyphony.notes[:, PITCH].tolist() == [40, 60, 67]
    assert polyphony.conditions["key"] == "C major"


def test_the_table_of_groove_gives_split_style_and_tempo(tmp_path: Path) -> None:
    midi(tmp_path / "takes" / "1.mid", [(9, 36, 0)])
    (tmp_path / "info.csv").write_text(
        "drummer,style,bpm,beat_type,midi_filename,split\n"
        "drummer1,funk/purdieshuffle,97,fill,takes/1.mid,validation\n"
    )
    (piece,) = pieces_of(tmp_path, "drums")
    assert piece.split == "valid"
    assert piece.tempo_qpm == 97
    assert piece.conditions == {"style": "funk", "kind": "fill", "drummer": "drummer1"}


def test_a_zip_is_read_and_its_name_is_the_split(tmp_path: Path) -> None:
    midi(tmp_path / "a.mid", [(0, 60, 0)])
    with zipfile.ZipFile(tmp_path / "songs_valid.zip", "w") as archive:
        archive.write(tmp_path / "a.mid", "inside/a.mid")
    (piece,) = pieces_of(tmp_path / "songs_valid.zip", "line")
    assert (piece.name, piece.split) == ("songs_valid.zip/inside/a.mid", "valid")


def test_text_in_32nds_keeps_its_last_word_in_its_bar(tmp_path: Path) -> None:
    bar = " ".join(["0b000000000"] * 31 + ["0b010000000"]) + " BAR"
    (tmp_path / "fast.txt").write_text(f"{bar} {bar}")
    (piece,) = pieces_of(tmp_path, "drums")
    assert [(b.meter, [n.start for n in b.notes]) for b in piece.bars()] == [(Meter(), [1860])] * 2


def test_drum_text_is_a_piece_a_line(tmp_path: Path) -> None:
    silent = ["0b000000000"] * 15
    bar = " ".join(["0b110000000", *silent, "BAR"])
    (tmp_path / "x_train.txt").write_text(f"{bar} {bar}\n{bar}\n")
    first, second = pieces_of(tmp_path, "drums")
    assert (first.n_bars, second.n_bars, first.split) == (2, 1, "train")
    assert first.notes[:, :3].tolist() == [[0, 0, 36], [0, 0, 38], [1, 0, 36], [1, 0, 38]]


def test_frames_of_a_choir_are_held_notes_in_voices(tmp_path: Path) -> None:
    frames = [[72, 67, 64, 48]] * 4 + [[74, 67, -1, 48]] * 4
    (tmp_path / "my_satb_16th.json").write_text(json.dumps({"valid": [frames]}))
    (chip,) = pieces_of(tmp_path, "chip")
    assert chip.split == "valid"
    assert sorted(chip.notes[:, [1, 2, 3, VOICE]].tolist()) == [
        [0, 48, 960, 2],
        [0, 67, 960, 1],
        [0, 72, 480, 0],
        [480, 74, 480, 0],
    ]
    (frames_piece,) = pieces_of(tmp_path, "frames")
    assert frames_piece.n_bars == 8


def test_piano_rolls_are_frames(tmp_path: Path) -> None:
    roll = np.zeros((3, 88), np.uint8)
    roll[0, [0, 87]] = 1
    packed = np.packbits(roll, axis=1)
    np.savez(tmp_path / "r.npz", train_rolls=packed, train_lengths=np.array([1, 2]))
    first, *rest = pieces_of(tmp_path, "frames")
    assert first.notes[:, PITCH].tolist() == [21, 108]
    assert rest == []  # two silent frames hold no notes
    with pytest.raises(Unreadable, match="frames encoding"):
        pieces_of(tmp_path, "line")


def test_a_score_of_pently_is_played_through(tmp_path: Path) -> None:
    (tmp_path / "a.pently").write_text(PENTLY)
    (piece,) = pieces_of(tmp_path, "chip")
    assert piece.n_bars == 4
    assert piece.meters.tolist() == [[3, 4]] * 4
    assert piece.tempo_qpm == 100
    by_voice = {
        voice: piece.notes[piece.notes[:, VOICE] == voice][:4, :4].tolist() for voice in range(4)
    }
    assert by_voice == {
        0: [[0, 0, 60, 480], [0, 480, 64, 480], [0, 960, 67, 480], [1, 0, 72, 1440]],
        1: [],
        2: [[0, 0, 48, 1440], [1, 0, 48, 1440], [2, 0, 48, 1440], [3, 0, 48, 1440]],
        3: [[0, 0, 36, 480], [0, 480, 42, 480], [0, 960, 42, 480], [1, 0, 36, 480]],
    }


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
        ("a.zip", b"PK", "a damaged zip"),
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
