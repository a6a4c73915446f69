"""`daw-bridge drums standardise`: a loop pack by the names of its files."""

from pathlib import Path

import pytest

from daw_bridge.midi import files
from tests.cli.drum_files import notes, pack, write
from tests.cli.runs import done, refused

pytestmark = pytest.mark.usefixtures("own_folder")


def test_standardise_gives_each_loop_the_note_of_its_name(capsys):
    pack()
    write("pack/Hats/Open 1.mid", (0, 50), (240, 52), channel=0)
    out = done(capsys, "drums", "standardise", "pack", "standard")
    assert "wrote 13 loop(s) to standard" in out
    assert "Open 1.mid: its 2 different notes became one" in out
    assert notes("standard/Kicks/Kick_01.mid") == [(0, 36, 9), (240, 36, 9)]
    assert notes("standard/Snares/Snr 0.mid") == [(480, 38, 9), (600, 38, 9)]
    assert {pitch for _, pitch, _ in notes("standard/Hats/HH-2.mid")} == {42}
    assert notes("standard/Hats/Open 1.mid") == [(0, 46, 9), (240, 46, 9)]
    assert files.read(Path("standard/Kicks/Kick_01.mid")).tempos == ((0, 125.0),)


def test_standardise_lists_all_that_it_cannot_tell_and_writes_nothing(capsys):
    pack()
    write("pack/Kick Snare.mid", (0, 60), channel=0)
    write("pack/bounce.mid", (0, 60), channel=0)
    write("pack/Clap.mid", channel=0)
    Path("pack/Rim.mid").write_bytes(b"no midi")
    lines = refused(capsys, "drums", "standardise", "pack", "standard")
    assert lines[0].startswith(
        "pack/Kick Snare.mid: expected the name of one drum, found that it names kick and"
    )
    assert lines[1].startswith(
        "pack/bounce.mid: expected the name of one drum, found that it names no drum"
    )
    assert lines[2].startswith("pack/Clap.mid: expected a loop with notes, found none")
    assert "pack/Rim.mid" in lines[3]
    assert len(lines) == 4
    assert not Path("standard").exists()


def test_standardise_leaves_out_and_lists_what_it_is_told_to_skip(capsys):
    pack()
    write("pack/bounce.mid", (0, 60), channel=0)
    out = done(capsys, "drums", "standardise", "pack", "standard", "--skip")
    assert "pack/bounce.mid: left out, it names no drum" in out
    assert not Path("standard/bounce.mid").exists()
    assert Path("standard/Kicks/Kick_00.mid").exists()


def test_standardise_says_what_it_took_a_name_for_that_says_too_little(capsys):
    for name in ("Perc 1", "Perc 2", "Tom", "Kick"):
        write(f"few/{name}.mid", (0, 60))
    out = done(capsys, "drums", "standardise", "few", "standard")
    assert "2 loop(s) that say no more than perc taken as High Bongo" in out
    assert "1 loop(s) that say no more than tom taken as Low Tom" in out
    assert "kick taken" not in out
    said = " ".join(done(capsys, "drums", "standardise", "--help").split())
    assert "Perc as a high bongo" in said


def test_standardise_says_which_folder_named_loops(capsys):
    write("Ride or Die/Dark 3.mid", (0, 50))
    out = done(capsys, "drums", "standardise", "Ride or Die", "out")
    assert "1 loop(s) named by their folder Ride or Die taken as Ride" in out


def test_standardise_follows_own_rules(capsys):
    write("pack/bounce.mid", (0, 60), channel=0)
    Path("rules.yaml").write_text("names:\n  clap: [snap, bounce]\n")
    done(capsys, "drums", "standardise", "pack", "standard", "--rules", "rules.yaml")
    assert notes("standard/bounce.mid") == [(0, 39, 9)]
    Path("rules.yaml").write_text("names:\n  clapp: [snap]\n  kick: [snap, '--']\n  snare: []\n")
    lines = refused(capsys, "drums", "standardise", "pack", "new", "--rules", "rules.yaml")
    assert lines == [
        "rules.yaml:2: names.clapp: expected a drum, found 'clapp': did you mean 'clap'?",
        "rules.yaml:3: names.kick: 'snap' is given to clapp and kick: keep one",
        "rules.yaml:3: names.kick: expected a name of letters or digits, found '--'",
        "rules.yaml:4: names.snare: expected at least 1 value(s), found []",
    ]
