"""`daw-bridge drums convert`: what it writes, tells and refuses."""

from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from tests.cli.drum_files import AD2, GROOVE, beat, notes, write
from tests.cli.runs import done, refused

pytestmark = pytest.mark.usefixtures("own_folder")


def test_convert_moves_a_file_and_lists_what_it_could_not(capsys):
    write("in.mid", (0, 36), (240, 42), (480, 49), (720, 60), (960, 47))
    out = done(
        capsys, "drums", "convert", "in.mid", "out.mid", "--from", "gm", "--to", "addictive-drums-2"
    )
    assert notes("out.mid") == [(0, 36, 9), (240, 49, 9), (480, 77, 9), (960, 67, 9)]
    assert "5 hits: 3 kept, 1 played by the nearest, 1 dropped" in out
    assert "dropped: addictive-drums-2 has none" in out
    assert "67 Low Tom" in out


def test_convert_keeps_a_folders_shape_and_overwrites_nothing_unasked(capsys):
    write("in/a/one.mid", (0, 42))
    write("in/two.MID", (0, 49))
    command = ("drums", "convert", "in", "out", "--from", "gm", "--to", "addictive-drums-2")
    done(capsys, *command)
    assert (notes("out/a/one.mid"), notes("out/two.MID")) == ([(0, 49, 9)], [(0, 77, 9)])
    before = Path("out/two.MID").read_bytes()
    lines = refused(capsys, *command[:-1], "gm")
    assert [line.split(":")[0] for line in lines] == ["out/a/one.mid", "out/two.MID"]
    assert Path("out/two.MID").read_bytes() == before
    done(capsys, *command, "--force")


def test_files_that_are_wrong_and_files_that_are_there_are_told_at_once(capsys):
    write("takes/a.mid", (0, 36))
    write("takes/b.mid", (0, 36), channel=0)
    write("out/a.mid", (0, 36))
    lines = refused(capsys, "drums", "convert", "takes", "out", "--from", "gm", "--to", "triaz")
    assert [line.split(": ")[0] for line in lines] == ["out/a.mid", "takes/b.mid"]


def test_convert_into_a_folder_below_does_not_convert_its_own_results(capsys):
    write("in/one.mid", (0, 42))
    command = ("drums", "convert", "in", "in/out", "--from", "gm", "--to", "addictive-drums-2")
    done(capsys, *command)
    done(capsys, *command, "--force")
    assert sorted(p.as_posix() for p in Path("in").rglob("*.mid")) == [
        "in/one.mid",
        "in/out/one.mid",
    ]


def test_a_single_file_goes_into_a_folder_where_out_is_none(capsys):
    write("in.mid", (0, 42))
    done(capsys, "drums", "convert", "in.mid", "new/folder", "--from", "gm", "--to", "gm")
    assert notes("new/folder/in.mid") == [(0, 42, 9)]


def test_drums_elsewhere_than_on_channel_10_are_named_first(capsys):
    write("in/a.mid", (0, 36), channel=0)
    write("in/b.mid", (0, 36))
    Path("in/c.mid").write_bytes(b"MThd")
    write("in/d.mid")
    assert run(["drums", "convert", "in", "out", "--from", "gm", "--to", "gm2"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        "in/a.mid: expected drums on channel 10, found notes on 1 only:"
        " say where they are, such as --channel 1"
    )
    assert lines[1].startswith("in/c.mid: expected a whole header")
    assert lines[2].startswith("in/d.mid: expected drums, found a file without notes")
    assert lines[3:] == ["3 of 4 files could not be done"]
    assert [path.name for path in Path("out").iterdir()] == ["b.mid"]
    done(
        capsys,
        "drums",
        "convert",
        "in/a.mid",
        "a.mid",
        "--from",
        "gm",
        "--to",
        "gm",
        "--channel",
        "1",
    )
    assert notes("a.mid") == [(0, 36, 9)]


def test_drums_do_not_move_on_top_of_other_drums(capsys):
    first = files.read(write("a.mid", (0, 36), channel=0)).notes
    events = [(n.start, note_on(c, n.pitch, 90)) for n in first for c in (0, 9)]
    events += [(Ticks(99), note_off(c, 36)) for c in (0, 9)]
    files.write(Path("both.mid"), events, tempo_qpm=120, meter=Meter(), name="x")
    [line] = refused(
        capsys,
        "drums",
        "convert",
        "both.mid",
        "o.mid",
        "--from",
        "gm",
        "--to",
        "gm",
        "--channel",
        "1",
    )
    assert line.startswith("both.mid: expected nothing on channel 10")


def test_an_empty_folder_and_a_missing_one_are_refused(capsys):
    Path("empty").mkdir()
    arguments = ("out", "--from", "gm", "--to", "gm")
    assert refused(capsys, "drums", "convert", "empty", *arguments) == [
        "expected MIDI files (.mid), found none in empty: name another folder"
    ]
    assert refused(capsys, "drums", "convert", "nowhere", *arguments) == [
        "expected a MIDI file or a folder, found nothing at nowhere: check the path"
    ]


def test_convert_tells_both_maps_that_there_are_not(capsys):
    write("take.mid", (0, 36))
    lines = refused(capsys, "drums", "convert", "take.mid", "o", "--from", "hm", "--to", "nosuch")
    assert [line.split(":")[0] for line in lines] == [
        "expected a drum map, found 'nosuch'",
        "expected a drum map, found 'hm'",
    ]


def test_convert_from_auto_tells_what_it_read_or_asks(capsys):
    write("in/take.mid", *beat(**AD2), bars=8)
    out = done(capsys, "drums", "convert", "in", "out", "--from", "auto", "--to", "gm")
    assert "in/take.mid: read as addictive-drums-2" in out
    assert {pitch for _, pitch, _ in notes("out/take.mid")} == {36, 38, 42, 51, 49, 50}
    write("in/little.mid", (0, 43), (480, 45))
    [line] = refused(
        capsys, "drums", "convert", "in/little.mid", "new", "--from", "auto", "--to", "gm"
    )
    assert line.startswith("in/little.mid: expected a map that fits clearly best")
    assert "--from" in line
    assert not Path("new").exists()


def test_convert_warns_where_the_instrument_waits_for_a_pedal(capsys):
    write("in.mid", (0, 46))
    out = done(capsys, "drums", "convert", "in.mid", "o.mid", "--from", "gm", "--to", "ssd-5.5")
    assert "note: ssd-5.5 opens 26 and 46 by CC4, which the file does not have (1 file(s))" in out


@pytest.mark.shared_data
@pytest.mark.skipif(not GROOVE.is_dir(), reason="the Groove data is not beside the checkout")
def test_a_real_take_comes_back_through_another_kit(capsys):
    take = sorted(GROOVE.rglob("*_beat_4-4.mid"))[0]
    there = ("--from", "roland-td", "--to", "superior-drummer-3")
    done(capsys, "drums", "convert", str(take), "there.mid", *there)
    back = ("--from", "superior-drummer-3", "--to", "roland-td")
    done(capsys, "drums", "convert", "there.mid", "back.mid", *back)
    before, after = files.read(take).notes, files.read(Path("back.mid")).notes
    onsets = [sorted((n.start, n.velocity) for n in notes) for notes in (before, after)]
    assert onsets[0] == onsets[1]


def test_a_hit_that_begins_before_its_predecessor_ends_at_one_tick_keeps_its_length(capsys):
    hat, end = note_on(9, 42, 90), note_off(9, 42)
    again = [(tick, each) for tick in range(240, 1920, 240) for each in (hat, end)]
    track = [(0, hat), *again, (1920, end), (1920, smf.meta(smf.END_OF_TRACK, b""))]
    Path("in.mid").write_bytes(smf.pack([track], 480))
    done(capsys, "drums", "convert", "in.mid", "out.mid", "--from", "gm", "--to", "gm2")
    hits = files.read(Path("out.mid")).notes
    assert [(hit.start, hit.duration) for hit in hits] == [(i * 240, 240) for i in range(8)]
