"""`daw-bridge drums combine`: new loops, their manifest, and what is left out."""

import json
import re
from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.music.time import Meter
from tests.cli.drum_files import BAR, notes, pack, write
from tests.cli.runs import done, refused

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def standard(own_folder, capsys):
    """A pack with standard notes."""
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
    assert "(12 for train, 3 for valid)" in out
    parts: dict[str, set[str]] = {"train": set(), "valid": set()}
    for line in combined():
        parts[line["split"]] |= set(line["parts"].values())
        assert line["file"].startswith(f"{line['split']}/")
    assert not parts["train"] & parts["valid"]


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
