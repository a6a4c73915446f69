"""`daw-bridge drums ...`: what the commands write, print and refuse."""

import json
import re
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.files import shipped_folder
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

BAR = 1920
GROOVE = Path(__file__).parents[3] / "shared" / "data" / "groove"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Let no map of whoever runs the tests be found."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def write(path: str, *hits: tuple[int, int], channel: int = 9, bars: int = 2, **settings) -> Path:
    """Write a file of (tick, note) hits, each an eighth of a beat long."""
    events = [
        event
        for tick, note in hits
        for event in (
            (Ticks(tick), note_on(channel, note, 60 + note % 50)),
            (Ticks(tick + 60), note_off(channel, note)),
        )
    ]
    settings = {"tempo_qpm": 125.0, "meter": Meter(), "name": "take", **settings}
    files.write(Path(path), events, length=Ticks(bars * BAR), **settings)
    return Path(path)


def notes(path: Path | str) -> list[tuple[int, int, int]]:
    return [(n.start, n.pitch, n.channel) for n in files.read(Path(path)).notes]


def refused(capsys, *arguments: str) -> list[str]:
    """Run what must be refused; give the lines that say why."""
    assert run(arguments) == 2
    return capsys.readouterr().err.splitlines()


def done(capsys, *arguments: str) -> str:
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


# Maps.


def test_maps_are_listed_with_how_sure_they_are(capsys):
    out = done(capsys, "drums", "maps")
    for words in ("addictive-drums-2", "zendrum", "verified", "one source", "unverified"):
        assert words in out


def test_show_names_notes_as_both_daws_do(capsys):
    out = done(capsys, "drums", "show", "ssd-5.5")
    line = next(line for line in out.splitlines() if "Splash choke" in line)
    assert [cell.strip() for cell in line.split("│")[1:5]] == ["49", "C#3", "C#2", "Splash choke"]
    assert "never sent" in line
    assert "35 kick-2 -> kick (36)" in out


@pytest.mark.parametrize(
    ("daw", "first"),
    [
        ("reaper", "# MIDI note/CC name map"),
        ("ableton", "XLN Triaz: pads of a Drum Rack"),
        ("cubase", '<?xml version="1.0" encoding="utf-8"?>'),
    ],
)
def test_note_names_are_printed_or_written(capsys, tmp_path, daw, first):
    out = done(capsys, "drums", "note-names", "triaz", "--for", daw)
    assert out.splitlines()[0] == first
    done(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", "names.txt")
    assert Path("names.txt").read_text() == out
    [line] = refused(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", "names.txt")
    assert line.startswith("names.txt: expected no file yet")
    done(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", "names.txt", "--force")
    done(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", str(tmp_path))
    assert len(list(tmp_path.glob("triaz.*"))) == 1


def test_jsfx_is_the_shipped_script(capsys):
    shipped = Path(__file__).parents[2] / "reaper_scripts" / "drum_remap.jsfx"
    assert done(capsys, "drums", "jsfx") == shipped.read_text()
    done(capsys, "drums", "jsfx", "--out", "remap.jsfx")
    assert Path("remap.jsfx").read_bytes() == shipped.read_bytes()


def test_files_go_into_a_folder_that_is_not_there_yet_under_the_maps_whole_name(capsys):
    done(capsys, "drums", "note-names", "ssd-5.5", "--for", "reaper", "--out", "Names")
    done(capsys, "drums", "jsfx", "--out", "Effects")
    assert Path("Names/ssd-5.5.txt").is_file()
    assert Path("Effects/drum_remap.jsfx").is_file()


def own_map(name: str, text: str) -> None:
    path = Path("home/presets/drum_maps") / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_brackets_in_names_of_ones_own_are_printed_as_they_are(capsys):
    gm = (shipped_folder() / "presets/drum_maps/gm.yaml").read_text("utf-8")
    gm = gm.replace("title: General MIDI", 'title: "Kit [/b] :ok:"')
    own_map("größe", gm + 'names: {38: "Snare [L]"}\n')
    assert "Kit [/b] :ok:" in done(capsys, "drums", "maps")
    assert "Snare [L]" in done(capsys, "drums", "show", "größe")
    write("in.mid", (0, 40))
    done(capsys, "drums", "jsfx", "--out", "mine.jsfx")
    done(capsys, "encode", "in.mid", "--out", "[/b].txt")


@pytest.mark.parametrize("command", [["maps"], ["jsfx"], ["detect", "in.mid"]])
def test_all_that_is_wrong_with_any_of_all_maps_is_told_at_once(capsys, command):
    write("in.mid", (0, 36))
    own_map("a", "title: A")
    own_map("b", "title: B")
    lines = refused(capsys, "drums", *command)
    assert {Path(line.split(":")[0]).name for line in lines} == {"a.yaml", "b.yaml"}


def test_a_wrong_map_and_an_unknown_one_are_refused(capsys):
    Path("kit.yaml").write_text("title: x\ncertainty: verified\nsources: [a]\ndrums: {kik: 36}\n")
    assert any(
        "did you mean 'kick'" in line for line in refused(capsys, "drums", "show", "kit.yaml")
    )
    assert refused(capsys, "drums", "show", "ssd") == [
        "expected a drum map, found 'ssd': did you mean 'ssd-5.5'?"
    ]


# Convert and detect.


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
    lines = refused(capsys, "drums", "convert", "in", "out", "--from", "gm", "--to", "gm2")
    assert lines[0] == (
        "in/a.mid: expected drums on channel 10, found notes on 1 only:"
        " say where they are, such as --channel 1"
    )
    assert lines[1].startswith("expected")
    assert "in/c.mid" in lines[1]
    assert lines[2].startswith("in/d.mid: expected drums, found a file without notes")
    assert len(lines) == 3
    assert not Path("out").exists()
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


@pytest.mark.parametrize("channel", ["0", "17", "ten", "-1"])
def test_a_channel_is_1_to_16(capsys, channel):
    write("a.mid", (0, 36))
    [line] = refused(capsys, "drums", "detect", "a.mid", "--channel", channel)
    assert "expected a channel, 1 to 16" in line


def test_an_empty_folder_and_a_missing_one_are_refused(capsys):
    Path("empty").mkdir()
    arguments = ("out", "--from", "gm", "--to", "gm")
    assert refused(capsys, "drums", "convert", "empty", *arguments) == [
        "expected MIDI files (.mid), found none in empty: name another folder"
    ]
    assert refused(capsys, "drums", "convert", "nowhere", *arguments) == [
        "expected a MIDI file or a folder, found nothing at nowhere: check the path"
    ]


def beat(
    *, kick: int, snare: int, hat: int, ride: int, crash: int, tom: int
) -> list[tuple[int, int]]:
    hits = [(bar * BAR + i * 240, hat if bar < 4 else ride) for bar in range(8) for i in range(8)]
    hits += [(bar * BAR + at, kick) for bar in range(8) for at in (0, 960, 1200)]
    hits += [(bar * BAR + at, snare) for bar in range(8) for at in (480, 1440)]
    return sorted({*hits, (0, crash), (4 * BAR, crash), (8 * BAR - 240, tom)})


AD2 = {"kick": 36, "snare": 38, "hat": 49, "ride": 60, "crash": 77, "tom": 71}


def test_detect_says_the_map_its_score_and_the_runner_up(capsys):
    write("take.mid", *beat(**AD2), bars=8)
    out = done(capsys, "drums", "detect", "take.mid")
    assert out.startswith("take.mid: addictive-drums-2\n")
    assert "best        addictive-drums-2, score above 99.9 of 100" in out
    assert "runner-up" in out
    assert "-" not in "".join(line.rpartition("score")[2] for line in out.splitlines()[1:])
    record = json.loads(done(capsys, "drums", "detect", "take.mid", "--json"))
    assert (record["sure"], record["best"]) == (True, "addictive-drums-2")
    assert record["runner_up"]["map"] != "addictive-drums-2"
    assert record["score"] > record["runner_up"]["score"]


GM = {"kick": 36, "snare": 38, "hat": 42, "ride": 51, "crash": 49, "tom": 50}


def test_detect_names_gm_first_among_maps_that_read_a_take_alike_and_counts_them(capsys):
    write("take.mid", *beat(**GM), bars=8)
    first, best, alike, *_ = done(capsys, "drums", "detect", "take.mid").splitlines()
    count = len(alike.split(",")) + 1
    assert count > 2
    assert first == f"take.mid: gm ({count} maps read every note of it alike)"
    assert best.startswith("  best        gm, score ")
    said = done(capsys, "drums", "convert", "take.mid", "o.mid", "--from", "auto", "--to", "gm")
    assert f"take.mid: read as gm ({count} maps read every note of it alike)" in said


def test_convert_tells_both_maps_that_there_are_not(capsys):
    write("take.mid", (0, 36))
    lines = refused(capsys, "drums", "convert", "take.mid", "o", "--from", "hm", "--to", "nosuch")
    assert [line.split(":")[0] for line in lines] == [
        "expected a drum map, found 'nosuch'",
        "expected a drum map, found 'hm'",
    ]


def test_detect_says_unsure_where_notes_tell_too_little(capsys):
    write("take.mid", (0, 43), (480, 45))
    assert done(capsys, "drums", "detect", "take.mid").startswith("take.mid: unsure")


def test_convert_from_auto_tells_what_it_read_or_asks(capsys):
    write("in/take.mid", *beat(**AD2), bars=8)
    out = done(capsys, "drums", "convert", "in", "out", "--from", "auto", "--to", "gm")
    assert "in/take.mid: read as addictive-drums-2" in out
    assert {pitch for _, pitch, _ in notes("out/take.mid")} == {36, 38, 42, 51, 49, 50}
    write("in/little.mid", (0, 43), (480, 45))
    [line] = refused(capsys, "drums", "convert", "in", "new", "--from", "auto", "--to", "gm")
    assert line.startswith("in/little.mid: expected a map that fits clearly best")
    assert "--from" in line
    assert not Path("new").exists()


def test_convert_warns_where_the_instrument_waits_for_a_pedal(capsys):
    write("in.mid", (0, 46))
    out = done(capsys, "drums", "convert", "in.mid", "o.mid", "--from", "gm", "--to", "ssd-5.5")
    assert "note: ssd-5.5 opens 26 and 46 by CC4, which the file does not have (1 file(s))" in out


# Loop packs.


def pack(folder: str = "pack") -> None:
    """Write a pack as producers find it: any note, any channel, names that tell."""
    for i in range(4):
        at = 120 * (i + 1)
        write(f"{folder}/Kicks/Kick_{i:02}.mid", (0, 60), (at, 60), channel=0)
        write(f"{folder}/Snares/Snr {i}.mid", (480, 62), (480 + at, 62), channel=2)
        write(
            f"{folder}/Hats/HH-{i}.mid", *((t, 50) for t in range(0, BAR, 60 + 20 * i)), channel=0
        )


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
        "rules.yaml:4: names.snare: expected at least this many values: 1, found []",
    ]


@pytest.fixture
def standard(capsys):
    """Give a pack with standard notes."""
    pack()
    done(capsys, "drums", "standardise", "pack", "standard")


def combined(out: str = "new") -> list[dict]:
    return [json.loads(line) for line in Path(out, "manifest.jsonl").read_text().splitlines()]


def hits(path: str) -> set[tuple[int, int]]:
    return {(start, pitch) for start, pitch, _ in notes(path)}


@pytest.mark.usefixtures("standard")
def test_combine_makes_different_loops_of_the_parts_its_manifest_names(capsys):
    done(capsys, "drums", "combine", "standard", "new", "--count", "20", "--seed", "3")
    lines = combined()
    assert len({tuple(sorted(hits(f"new/{line['file']}"))) for line in lines}) == 20
    for line in lines:
        parts = [hits(f"standard/{part}") for part in line["parts"].values()]
        assert hits(f"new/{line['file']}") == set().union(*parts)
        assert (line["bars"], line["seed"], line["bpm"], line["meter"]) == (2, 3, 125.0, "4/4")
    score = files.read(Path("new", lines[0]["file"]))
    assert score.length == 2 * BAR
    assert score.tempos[0][1] == 125.0


@pytest.mark.usefixtures("standard")
def test_combine_draws_the_same_from_the_same_seed(capsys):
    for out in ("one", "two"):
        done(capsys, "drums", "combine", "standard", out, "--count", "9", "--seed", "5", "--split")
    assert combined("one") == combined("two")
    for line in combined("one"):
        assert Path("one", line["file"]).read_bytes() == Path("two", line["file"]).read_bytes()


@pytest.mark.usefixtures("standard")
def test_combine_splits_by_part(capsys):
    out = done(capsys, "drums", "combine", "standard", "new", "--count", "15", "--split")
    assert "(12 for train, 3 for validation)" in out
    sides: dict[str, set[str]] = {"train": set(), "validation": set()}
    for line in combined():
        sides[line["split"]] |= set(line["parts"].values())
        assert line["file"].startswith(f"{line['split']}/")
    assert not sides["train"] & sides["validation"]


@pytest.mark.usefixtures("standard")
def test_combine_leaves_no_loop_of_a_former_run_beside_its_own(capsys):
    command = ("drums", "combine", "standard", "new", "--split", "--count")
    done(capsys, *command, "15")
    Path("new/mine.txt").write_text("kept")
    [*lines] = refused(capsys, *command, "5")
    assert lines[0].startswith("new/train/loop_00001.mid: expected no file yet")
    done(capsys, *command, "5", "--force", "--seed", "2")
    loops = sorted(p.relative_to("new").as_posix() for p in Path("new").rglob("*.mid"))
    assert loops == sorted(line["file"] for line in combined())
    assert Path("new/mine.txt").exists()


@pytest.mark.usefixtures("standard")
def test_combine_beside_a_manifest_that_is_none(capsys):
    command = ("drums", "combine", "standard", "new", "--count", "3", "--force")
    Path("new/manifest.jsonl").mkdir(parents=True)
    assert "new/manifest.jsonl" in refused(capsys, *command)[0]
    Path("new/manifest.jsonl").rmdir()
    Path("new/manifest.jsonl").write_bytes(b"\xff\xfe")
    done(capsys, *command)
    assert len(combined()) == 3


@pytest.mark.usefixtures("standard")
def test_combine_tells_all_that_does_not_fit_at_once(capsys):
    write("standard/Kick slow.mid", (0, 36), tempo_qpm=90.0)
    write("standard/Kick long.mid", (0, 36), bars=4)
    write("standard/Kick waltz.mid", (0, 36), meter=Meter(3, 4))
    write("standard/Snare low.mid", (0, 36))
    lines = refused(capsys, "drums", "combine", "standard", "new", "--count", "3")
    assert lines == [
        "standard/Kick long.mid: expected 2 bars, found 4: mend it, or --skip",
        "standard/Kick slow.mid: expected a tempo of 125, as most have, found 90:"
        " mend it, or --skip",
        "standard/Kick waltz.mid: expected a meter of 4/4, as most have, found 3/4;"
        " expected 2 bars, found 3: mend it, or --skip",
        "standard/Snare low.mid: expected the notes of a snare (38, 37, 39, 40), found 36:"
        " let `drums standardise` set them, or --skip",
    ]
    assert not Path("new").exists()
    out = done(capsys, "drums", "combine", "standard", "new", "--count", "3", "--skip")
    assert "standard/Kick long.mid: left out" in out


@pytest.mark.usefixtures("standard")
def test_combine_says_once_that_all_loops_have_another_length(capsys):
    assert refused(
        capsys, "drums", "combine", "standard", "new", "--count", "3", "--bars", "4"
    ) == ["expected loops of 4 bars, found 2 in each: say so with --bars"]


@pytest.mark.usefixtures("standard")
def test_combine_removes_what_a_run_that_broke_off_has_left(capsys, monkeypatch):
    command = ("drums", "combine", "standard", "new", "--count", "9", "--split")
    written, write = [], files.write

    def full(path, *arguments, **settings):
        if len(written) == 4:
            raise UserError("to write", "a full disk", "free space")
        written.append(path)
        write(path, *arguments, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        refused(capsys, *command)
    assert len(list(Path("new").rglob("*.mid"))) == 4
    done(capsys, "drums", "combine", "standard", "new", "--count", "3", "--force")
    assert len(list(Path("new").rglob("*.mid"))) == 3


@pytest.mark.usefixtures("standard")
def test_combine_leaves_out_other_drums_and_repeats_and_says_so(capsys):
    write("standard/Ride 1.mid", (0, 51))
    Path("standard/Kick again.mid").write_bytes(Path("standard/Kicks/Kick_00.mid").read_bytes())
    out = done(capsys, "drums", "combine", "standard", "new", "--count", "3")
    assert "standard/Ride 1.mid: left out, it holds neither a kick" in out
    assert "Kick_00.mid: left out, the same rhythm as Kick again.mid" in out


@pytest.mark.usefixtures("standard")
def test_combine_says_what_is_too_much(capsys):
    assert refused(capsys, "drums", "combine", "standard", "new", "--count", "65") == [
        "expected at most 64 loops from these parts, found 65: ask for fewer, or add loops"
    ]
    assert refused(capsys, "drums", "combine", "standard/Kicks", "new", "--count", "1") == [
        "expected kick, snare and hi-hat loops, found no snare and no hi-hat: add some"
    ]


@pytest.mark.usefixtures("standard")
def test_combine_says_in_its_users_numbers_that_a_split_leaves_too_few(capsys):
    [line] = refused(capsys, "drums", "combine", "standard", "new", "--count", "60", "--split")
    found = re.fullmatch(
        r"expected at most (\d+) loops for training and (\d+) for validation, as the parts are"
        r" split, found --count 60, (\d+) and (\d+) of them: ask for fewer, add loops, or leave out"
        r" --split",
        line,
    )
    assert found
    most, others, training, held_out = map(int, found.groups())
    assert training + held_out == 60
    assert training > most
    assert held_out <= others
    assert not Path("new").exists()


@pytest.mark.usefixtures("standard")
@pytest.mark.parametrize("out", ["standard", "standard/new", "standard/../standard/new/deep"])
def test_combine_writes_nothing_among_its_parts(capsys, out):
    before = sorted(Path("standard").rglob("*"))
    [line] = refused(capsys, "drums", "combine", "standard", out, "--count", "3")
    assert line.startswith("expected a folder outside standard for new loops")
    assert sorted(Path("standard").rglob("*")) == before


@pytest.mark.usefixtures("standard")
def test_combine_refuses_a_pack_that_has_not_been_standardised(capsys):
    lines = refused(capsys, "drums", "combine", "pack", "new", "--count", "1")
    assert len(lines) == 12
    assert lines[0].startswith(
        "pack/Hats/HH-0.mid: expected the notes of a hi-hat (42, 44, 46), found 50"
    )


@pytest.mark.usefixtures("standard")
def test_combine_on_a_grid_keeps_rolls(capsys):
    roll = [(480 + i * 40 + i % 2, 42) for i in range(12)]
    write("standard/Hats/HH roll.mid", (3, 42), *roll)
    options = ("--count", "64", "--resolution", "16")
    done(capsys, "drums", "combine", "standard", "new", *options)
    rolls = [line for line in combined() if line["parts"]["hi-hat"].endswith("roll.mid")]
    assert rolls
    hats = {start for start, pitch in hits(f"new/{rolls[0]['file']}") if pitch == 42}
    assert hats == {0, *range(480, 960, 40)}


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
