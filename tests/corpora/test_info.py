"""A table beside music is obeyed, however it was saved; one that says nothing is an error."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import Piece
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

TABLE = """drummer,style,bpm,beat_type,time_signature,midi_filename,split
drummer1,funk/purdieshuffle,97.5,fill,4-4,takes/One.mid,validation
drummer2,rock,120,beat,4-4,takes/2.mid,test
"""
SEMICOLONS = TABLE.replace(",", ";").replace("97.5", "97,5")
QUOTED = "\n".join(
    ",".join(f'"{cell}"' for cell in line.split(",")) for line in TABLE.strip().split("\n")
)


def write_take(path: Path, tick: int) -> None:
    events = [(Ticks(tick), note_on(9, 36, 90)), (Ticks(tick + 60), note_off(9, 36))]
    files.write(path, events, tempo_qpm=100, meter=Meter(), name="x")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place, name in enumerate(("One", "2")):
        write_take(tmp_path / "music" / "takes" / f"{name}.mid", 120 * place)
    return tmp_path / "music"


def pieces_of(path: Path) -> dict[str, Piece]:
    pieces = read([path], Reading("drums"), workers=1).pieces
    return {piece.name.rpartition("/")[2]: piece for piece in pieces}


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        SEMICOLONS.encode(),
        SEMICOLONS.encode("utf-8-sig"),
        b"sep=;\r\n" + SEMICOLONS.replace("\n", "\r\n").encode(),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", "|").encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        QUOTED.encode(),
        QUOTED.replace(",", ";").encode(),
        TABLE.upper().encode(),
        TABLE.replace("midi_filename", " Midi Filename ").encode(),
        TABLE.replace("takes/", ".\\takes\\").encode(),
        TABLE.replace("validation", "Valid").encode(),
    ],
)
def test_a_table_is_understood_however_it_was_saved(folder: Path, data: bytes) -> None:
    (folder / "info.csv").write_bytes(data)
    pieces = pieces_of(folder)
    assert {name: piece.split for name, piece in pieces.items()} == {
        "One.mid": "valid",
        "2.mid": "test",
    }
    one = pieces["One.mid"]
    assert (one.tempo_qpm, one.conditions["style"], one.conditions["kind"]) == (
        97.5,
        "funk",
        "fill",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"midi_filename,split\n",
        b"file,split\ntakes/2.mid,test\n",
        b"midi_filename,split\nother/2.mid,test\n",
        b"midi_filename split\ntakes/2.mid test\n",
        b"midi_filename,split\ntakes/2.mid,tset\ntakes/One.mid,train\n",
        b"\xff\x00\x81 no text",
    ],
)
def test_a_table_that_gives_nothing_is_an_error(
    folder: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "info.csv").write_bytes(data)
    with pytest.raises(UserError, match="mend the table, or take it away"):
        read([folder], Reading("drums"), workers=1)
    assert run(["data", "report", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "info.csv" in err


def test_a_table_is_found_where_it_lies(folder: Path, tmp_path: Path) -> None:
    (folder / "INFO.CSV").write_text(TABLE)
    write_take(tmp_path / "takes" / "2.mid", 240)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for path in (folder / "INFO.CSV", *sorted(folder.rglob("*.mid"))):
            archive.write(path, f"inside/{path.relative_to(folder).as_posix()}")
    found = read([tmp_path], Reading("drums"), workers=1).pieces
    assert {piece.name: piece.split for piece in found} == {
        "music/takes/2.mid": "test",
        "music/takes/One.mid": "valid",
        "packed.zip/inside/takes/2.mid": "test",
        "packed.zip/inside/takes/One.mid": "valid",
        "takes/2.mid": "",
    }


def test_what_a_table_names_and_is_missing_is_told(folder: Path) -> None:
    (folder / "info.csv").write_text(TABLE + "d,rock,100,beat,4-4,takes/gone.mid,train\n")
    corpus = read([folder], Reading("drums"), workers=1)
    assert [name for name, _ in corpus.skipped] == ["takes/gone.mid"]


def test_another_split_of_the_same_files_is_read_anew(folder: Path, tmp_path: Path) -> None:
    splits = []
    for text in (TABLE, TABLE.replace("validation", "train")):
        (folder / "info.csv").write_text(text)
        corpus = read([folder], Reading("drums"), workers=1, cache=tmp_path / "cache")
        splits.append(sorted(piece.split for piece in corpus.pieces))
    assert splits == [["test", "valid"], ["test", "train"]]
