"""`daw-bridge encode` and `decode`: exactly the text of the data page, both ways."""

import csv
import io
from pathlib import Path

import pytest

from daw_bridge.cli.encode import LARGEST_TEXT
from daw_bridge.cli.main import run
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from tests.cli.runs import done, refused

SHARED = Path(__file__).parents[3] / "shared" / "data"
REST = "0b000000000"
BEAT = " ".join(
    ["0b101000000", REST, "0b001000000", REST, "0b011000000", REST, "0b000100000", REST] * 2
    + ["BAR"]
)


pytestmark = pytest.mark.usefixtures("own_folder")


def write(path: str, *hits: tuple[int, int], channel: int = 9, meter: Meter | None = None) -> None:
    events = [
        event
        for tick, note in hits
        for event in (
            (Ticks(tick), note_on(channel, note, 90)),
            (Ticks(tick + 30), note_off(channel, note)),
        )
    ]
    files.write(Path(path), events, tempo_qpm=120.0, meter=meter or Meter(), name="take")


def test_text_becomes_a_file_and_the_file_the_same_text(capsys):
    done(capsys, "decode", BEAT, "--out", "beat.mid", "--bpm", "100")
    score = files.read(Path("beat.mid"))
    assert score.tempos == ((0, 100.0),)
    assert score.length == 1920
    assert {note.channel for note in score.notes} == {9}
    assert [(n.start, n.pitch) for n in score.notes][:3] == [(0, 36), (0, 42), (240, 42)]
    assert done(capsys, "encode", "beat.mid", "--codec", "drum-text") == f"{BEAT}\n"


def test_a_text_may_open_its_bars_with_bar(capsys):
    opened = f"BAR {BEAT.removesuffix(' BAR')}"
    done(capsys, "decode", opened, "--out", "beat.mid")
    assert done(capsys, "encode", "beat.mid") == f"{BEAT}\n"


def test_32nds_hold_what_16ths_fold_together(capsys):
    write("roll.mid", *((i * 60, 42) for i in range(8)))
    fine = done(capsys, "encode", "roll.mid", "--resolution", "32")
    assert fine.split() == ["0b001000000"] * 8 + [REST] * 24 + ["BAR"]
    assert len(done(capsys, "encode", "roll.mid").split()) == 17
    done(capsys, "decode", fine, "--out", "again.mid", "--resolution", "32")
    assert [n.start for n in files.read(Path("again.mid")).notes] == [i * 60 for i in range(8)]


def test_a_hit_before_the_bar_line_goes_to_the_nearest_step(capsys):
    write("early.mid", (0, 36), (1900, 38), (1850, 42))
    words = done(capsys, "encode", "early.mid").split()
    assert words[15:18] == ["0b001000000", "BAR", "0b010000000"]
    assert len(words) == 34


def test_a_map_reads_other_kits(capsys):
    write("ad2.mid", (0, 36), (480, 49), (960, 77))
    words = done(capsys, "encode", "ad2.mid", "--drum-map", "addictive-drums-2").split()
    assert (words[0], words[4], words[8]) == ("0b100000000", "0b001000000", "0b000000001")
    done(capsys, "decode", " ".join(words), "--out", "new.mid", "--drum-map", "addictive-drums-2")
    assert [n.pitch for n in files.read(Path("new.mid")).notes] == [36, 49, 77]


def test_decode_lists_what_a_map_has_no_note_for(capsys):
    gm = (Path(__file__).parents[2] / "presets" / "drum_maps" / "gm.yaml").read_text()
    lines = [line for line in gm.splitlines() if not line.startswith(("  crash:", "  ride:"))]
    text = (
        "\n".join(lines)
        .replace("dropped: [", "dropped: [crash, ")
        .replace("nearest:", "nearest:\n  ride: ride-2")
    )
    Path("few.yaml").write_text(text)
    words = " ".join(["0b100000011", "0b000000001", *["0b000000010"] * 14, "BAR"])
    out = done(capsys, "decode", words, "--out", "beat.mid", "--drum-map", "few.yaml")
    assert out.splitlines()[:2] == [
        "2 hit(s) of 49 Crash 1 dropped: few has none",
        "15 hit(s) of 51 Ride played by the nearest, 59 Ride 2",
    ]
    assert {note.pitch for note in files.read(Path("beat.mid")).notes} == {36, 59}


def test_a_folder_is_a_line_a_file_and_back(capsys):
    write("in/b.mid", (0, 38))
    write("in/a.mid", (0, 36), (2000, 36))
    done(capsys, "encode", "in", "--out", "text.txt")
    lines = Path("text.txt").read_text().splitlines()
    assert [len(line.split()) for line in lines] == [34, 17]
    done(capsys, "decode", "text.txt", "--out", "out")
    assert sorted(p.name for p in Path("out").iterdir()) == ["text_00001.mid", "text_00002.mid"]
    done(capsys, "encode", "out", "--out", "again.txt")
    assert Path("again.txt").read_text() == Path("text.txt").read_text()
    [line] = refused(capsys, "encode", "in", "--out", "text.txt")
    assert line.startswith("text.txt: expected no file yet")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_from_standard_input(capsys, monkeypatch, encoding):
    given = io.TextIOWrapper(io.BytesIO(BEAT.encode(encoding)))
    monkeypatch.setattr("sys.stdin", given)
    done(capsys, "decode", "-", "--out", "beat.mid")
    assert done(capsys, "encode", "beat.mid") == f"{BEAT}\n"


def test_standard_input_without_an_end_is_read_up_to_a_bound(capsys, monkeypatch):
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            read.append(len(buffer))
            return len(buffer)

    read = []
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    [line] = refused(capsys, "decode", "-", "--out", "beat.mid")
    assert line.startswith("expected a text of at most 32 MB, found more in standard input")
    assert sum(read) < 2 * LARGEST_TEXT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0b1000 BAR", "expected words of 0b and nine bits, or BAR, found '0b1000' as word 1"),
        ("0b100000000", "expected BAR at the end, found 1 words after the last"),
        (f"{BEAT} {REST} BAR", "expected bars of 4/4 throughout, as the first, found one of 1/16"),
        ("nothing.txt", "expected a text file, or words such as 0b100000000, found 'nothing.txt'"),
    ],
)
def test_text_that_is_none_is_refused(capsys, text, words):
    [line] = refused(capsys, "decode", text, "--out", "x.mid")
    assert words in line
    assert not Path("x.mid").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_text_as_windows_shells_write_it_is_text(capsys, encoding):
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    Path("text.txt").write_bytes(f"{mark}{BEAT}\r\n".encode(encoding))
    done(capsys, "decode", "text.txt", "--out", "beat.mid")
    assert done(capsys, "encode", "beat.mid") == f"{BEAT}\n"


def test_all_wrong_lines_are_told_at_once(capsys):
    Path("text.txt").write_text(f"{BEAT}\nkick BAR\n\n{BEAT}\n0b100000000\n")
    lines = refused(capsys, "decode", "text.txt", "--out", "out")
    assert [line.split(": ")[0] for line in lines] == ["text.txt:2", "text.txt:5"]
    assert not Path("out").exists()


def test_a_text_without_a_bar_of_words_is_refused(capsys):
    (line,) = refused(capsys, "decode", "BAR", "--out", "beat.mid")
    assert line.startswith("text:1: expected a bar of words, found none")


def test_wrong_words_of_a_piece_over_several_lines_are_told_by_line(capsys):
    Path("piece.txt").write_text(f"{BEAT}\n0b1 {REST}\n{REST} x\n")
    lines = refused(capsys, "decode", "piece.txt", "--out", "piece.mid")
    assert [line.split(" as word")[0] for line in lines] == [
        "piece.txt:2: expected words of 0b and nine bits, or BAR, found '0b1'",
        "piece.txt:3: expected words of 0b and nine bits, or BAR, found 'x'",
    ]
    assert not Path("piece.mid").exists()


def test_encode_lists_the_hits_that_text_has_no_word_for(capsys):
    write("bells.mid", (0, 36), (480, 56), (960, 56), (960, 90))
    out = done(capsys, "encode", "bells.mid", "--out", "bells.txt")
    assert out.splitlines()[1:] == [
        "2 hit(s) of 56 Cowbell left out: none of the nine drums",
        "1 hit(s) of 90 left out: none of the nine drums",
    ]
    assert run(["encode", "bells.mid", "--drum-map", "studio-drummer"]) == 0
    text, told = capsys.readouterr()
    assert text.startswith("0b100000000")
    assert told == ""  # 56 is a crash there, and 90 a closed hi-hat
    assert run(["encode", "bells.mid", "--drum-map", "gm"]) == 0
    assert capsys.readouterr().err.startswith("2 hit(s) of 56 Cowbell left out")


def test_all_files_without_drums_are_told_at_once(capsys):
    write("in/a.mid", (0, 36), channel=0)
    write("in/b.mid", (0, 99))
    write("in/c.mid")
    lines = refused(capsys, "encode", "in")
    assert lines[0].startswith("in/a.mid: expected drums on channel 10, found notes on 1 only")
    assert lines[1].startswith("in/b.mid: expected drums, found notes that are none of ")
    assert lines[2].startswith("in/c.mid: expected drums, found a file without notes")
    assert done(capsys, "encode", "in/a.mid", "--channel", "1").split()[0] == "0b100000000"


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside the checkout")
def test_groove_takes_give_the_lines_of_the_data_page(capsys):
    lines = set((SHARED / "drum_text" / "groove_validation.txt").read_text().splitlines())
    with (SHARED / "groove" / "info.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == "validation"]
    takes = [row["midi_filename"] for row in rows if row["time_signature"] == "4-4"]
    given = {done(capsys, "encode", str(SHARED / "groove" / take)).strip() for take in takes}
    assert given == {line.strip() for line in lines}
