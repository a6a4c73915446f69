"""What of a damaged file could not be read is said by every command, with the same count."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files
from tests.midi.smf_bytes import END, HEAD, KICK_OFF, KICK_ON, track

pytestmark = pytest.mark.usefixtures("own_folder")

LOST = "3 event(s) of track 1 with a byte above 127: left out; 1 tempo(s) of 0: left out"
DAMAGED = track(KICK_ON, KICK_OFF, b"\0\x99\x26\xe4" * 3, b"\0\xff\x51\3\0\0\0", END)


@pytest.mark.parametrize("ending", files.ENDINGS)
@pytest.mark.parametrize(
    "command",
    ["check IN", "data report IN", "encode IN", "encode IN --out out.txt", "drums detect IN --json",
     "drums convert IN out --from gm --to gm", "drums convert IN out --from auto --to gm",
     "drums standardise Kick out", "generate groove-drums --bars 1 --primer-midi IN",
     "jam groove --backend offline --bars 1 --primer-midi IN"],
)  # fmt: skip
def test_what_is_lost_is_said_by_all_with_one_count(capsys, ending, command):
    path = Path("Kick", f"a{ending}")
    path.parent.mkdir()
    files.write_bytes(path, HEAD + DAMAGED)
    assert run(command.replace("IN", str(path)).split()) == 0
    said = "".join(capsys.readouterr())
    assert LOST in " ".join(said.replace("│", " ").split())
    assert said.count("damage") <= 2


def test_a_damaged_file_has_a_line_of_its_own_and_a_whole_one_has_none(capsys):
    for name, raw in (("a", DAMAGED), ("b", track(KICK_ON, KICK_OFF, END)), ("c", DAMAGED)):
        Path(f"{name}.mid").write_bytes(HEAD + raw)
    assert run(["encode", "."]) == 0
    assert capsys.readouterr().err.splitlines() == [f"{n}.mid is damaged: {LOST}" for n in "ac"]


def test_a_conversion_has_what_is_read_and_no_more():
    Path("a.mid").write_bytes(HEAD + DAMAGED)
    assert run(["drums", "convert", "a.mid", "b.mid", "--from", "gm", "--to", "gm"]) == 0
    assert files.read(Path("b.mid")).damage == ()


def test_a_damaged_primer_is_told(capsys):
    Path("a.mid").write_bytes(HEAD + DAMAGED)
    options = ["--primer-midi", "a.mid", "--bars", "1", "--out", "out"]
    assert run(["generate", "groove-drums", *options]) == 0
    assert f"a.mid is damaged: {LOST}" in capsys.readouterr().err.splitlines()
