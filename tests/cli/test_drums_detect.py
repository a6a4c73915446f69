"""`daw-bridge drums detect`: what it says, and how sure it is."""

import json

import pytest

from tests.cli.drum_files import AD2, GM, beat, write
from tests.cli.runs import done, refused

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.mark.parametrize("channel", ["0", "17", "ten", "-1"])
def test_a_channel_is_1_to_16(capsys, channel):
    write("a.mid", (0, 36))
    [line] = refused(capsys, "drums", "detect", "a.mid", "--channel", channel)
    assert "expected a channel, 1 to 16" in line


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


def test_detect_names_gm_first_among_maps_that_read_a_take_alike_and_counts_them(capsys):
    write("take.mid", *beat(**GM), bars=8)
    first, best, alike, *_ = done(capsys, "drums", "detect", "take.mid").splitlines()
    count = len(alike.split(",")) + 1
    assert count > 2
    assert first == f"take.mid: gm ({count} maps read every note of it alike)"
    assert best.startswith("  best        gm, score ")
    said = done(capsys, "drums", "convert", "take.mid", "o.mid", "--from", "auto", "--to", "gm")
    assert f"take.mid: read as gm ({count} maps read every note of it alike)" in said


def test_detect_says_unsure_where_notes_tell_too_little(capsys):
    write("take.mid", (0, 43), (480, 45))
    assert done(capsys, "drums", "detect", "take.mid").startswith("take.mid: unsure")
