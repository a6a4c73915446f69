"""One answer for one file: what encode, check and primers read is what is learnt and judged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.cli.main import run
from daw_bridge.corpora.material import Reading, Source, Unreadable
from daw_bridge.corpora.pieces import RUSH
from daw_bridge.corpora.sources import Archives, find_sources, read_source
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks
from daw_bridge.registry import READERS
from tests.midi.smf_bytes import END, HEAD, KICK_OFF, KICK_ON, TEMPO_120, header, track
from tests.midi.test_columns import ODD, tracks

EARLY = Ticks(RUSH + 1)
METER_7_8 = b"\0\xff\x58\4\7\3\x18\x08"


def learnt(path: Path, role: str) -> list[Bar] | str:
    with Archives() as archives:
        try:
            (piece,) = read_source(Source(path, name=path.name), Reading(role), archives)
        except Unreadable as error:
            return str(error)
    return piece.bars()


def heard(path: Path, *, drums: bool) -> list[Bar]:
    score = files.read(path)
    if drums:
        return list(score.bars(channel=9, early=EARLY))
    pitched = tuple(note for note in score.notes if note.channel != 9)
    return list(files.Score(pitched, score.tempos, score.meters, score.length).bars(early=EARLY))


def same(learnt: list[Bar] | str, heard: list[Bar]) -> bool:
    while heard and not heard[-1].notes:
        heard.pop()
    if isinstance(learnt, str):
        return not heard and learnt.startswith("no notes")
    return [(bar.meter, sorted(bar.notes)) for bar in learnt] == [
        (bar.meter, sorted(bar.notes)) for bar in heard
    ]


@settings(max_examples=150)
@given(
    st.lists(tracks(), min_size=1, max_size=3),
    st.sampled_from((96, 480, 1024)),
    st.sampled_from((b"", METER_7_8)),
)
def test_drums_are_learnt_as_they_are_heard(tmp_path_factory, found, division, meter):
    path = tmp_path_factory.mktemp("one") / "a.mid"
    first = track(meter, END)
    path.write_bytes(header(1, len(found) + 1, division) + first + b"".join(found))
    assert same(learnt(path, "drums"), heard(path, drums=True))


@pytest.mark.parametrize("events", ODD.values(), ids=ODD)
def test_odd_tracks_are_learnt_as_they_are_heard(tmp_path, events):
    path = tmp_path / "a.mid"
    path.write_bytes(HEAD + track(TEMPO_120, *events))
    if events == ODD["a long delta"]:
        assert learnt(path, "drums") == "too long for music"
        with pytest.raises(UserError, match="at most 100000 bars"):
            heard(path, drums=True)
    else:
        assert same(learnt(path, "drums"), heard(path, drums=True))


@pytest.mark.parametrize(
    ("begin", "length"),
    [(1859, 60), (1860, 60), (1861, 60), (0, 1920), (0, 1980), (0, 1981), (1900, 4000), (0, 5761)],
)
def test_held_notes_are_cut_at_the_same_bar_lines(tmp_path, begin, length):
    def number(n: int) -> bytes:
        return bytes((0x80 | n >> 7, n & 0x7F))

    path = tmp_path / "a.mid"
    on, off = number(begin) + b"\x90\x3c\x50", number(length) + b"\x80\x3c\0"
    path.write_bytes(HEAD + track(TEMPO_120, on, off, END))
    found = learnt(path, "polyphony")
    assert not isinstance(found, str)
    expected = heard(path, drums=False)
    first = next(i for i, bar in enumerate(expected) if bar.notes)
    assert same(found, expected[first:])


def test_hits_without_note_offs_are_there_for_all(tmp_path, capsys):
    path = tmp_path / "a.mid"
    path.write_bytes(HEAD + track(TEMPO_120, KICK_ON, b"\x83\x60\x99\x24\x64" * 3, b"\0" + END))
    assert run(["check", str(path)]) == 0
    assert "4 notes" in capsys.readouterr().out
    assert run(["data", "report", str(path)]) == 0
    assert re.search(r"notes\W+4\b", capsys.readouterr().out)
    assert run(["encode", str(path)]) == 0
    assert capsys.readouterr().out.count("0b100000000") == 4


def test_every_ending_of_a_midi_file_is_one_everywhere(tmp_path, capsys):
    raw = HEAD + track(TEMPO_120, KICK_ON, KICK_OFF, END)
    assert set(files.ENDINGS) <= set(READERS)
    for ending in files.ENDINGS:
        for name in (f"a{ending}", f"b{ending.upper()}"):
            (tmp_path / name).write_bytes(raw)
    assert len(find_sources(tmp_path)) == 2 * len(files.ENDINGS)
    assert run(["check", *map(str, tmp_path.iterdir())]) == 0
    assert run(["encode", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("0b100000000") == 2 * len(files.ENDINGS)
