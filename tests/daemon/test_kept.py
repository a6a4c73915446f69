"""Bars that are kept or rejected: stored at once, read again, and written as MIDI."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.daemon.kept import TRACKS, KeptBars, jams, kept_path, read, write_tracks
from daw_bridge.errors import UserError
from daw_bridge.jam.events import Judged, Placed
from daw_bridge.midi import files
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

KICK = Bar.of([Note(Ticks(0), 36, Ticks(60), 100)])
SNARE = Bar.of([Note(Ticks(480), 38, Ticks(2400), 90)], Meter(3, 4))
SETTINGS = {"model": "m", "seed": 7, "bpm": 96.0, "voices": [{"voice": 0, "channel": 10}]}
BY = json.dumps({"model": "m", "sha256": "ab", "settings": SETTINGS})


def judged(bar: Bar, *, kept: bool, played: Bar | None = None) -> Judged:
    return Judged(kept, Ticks(1920), bar, (KICK, SNARE), played, BY)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    return kept_path()


def test_a_bar_is_stored_at_once_with_what_was_before_it_and_what_made_it(store: Path) -> None:
    keep = KeptBars()
    keep(Placed(0, Ticks(0), KICK, late=False))
    assert not store.exists()
    keep(judged(KICK, kept=True, played=SNARE))
    keep(judged(SNARE, kept=False))
    first, second = read()
    assert (first.kept, first.bar, first.before, first.played) == (True, KICK, (KICK, SNARE), SNARE)
    assert (second.kept, second.bar, second.played) == (False, SNARE, None)
    assert (first.model, first.sha256, first.settings["seed"]) == ("m", "ab", 7)
    assert store.stat().st_mode & 0o077 == 0


def test_many_jams_may_store_at_one_time(store: Path) -> None:
    many = [KeptBars() for _ in range(8)]
    full = Bar.of(Note(Ticks(step), 36, Ticks(60), 100) for step in range(0, 1920, 5))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda keep: [keep(judged(full, kept=True)) for _ in range(20)], many))
    assert sum(each.bar == full for each in read()) == 160


def test_a_line_that_was_cut_off_harms_no_other(store: Path) -> None:
    keep = KeptBars()
    keep(judged(KICK, kept=True))
    whole = store.read_bytes()
    store.write_bytes(whole + whole[:100])
    keep(judged(SNARE, kept=True))
    assert [each.bar for each in read()] == [KICK, SNARE]


@pytest.mark.parametrize("line", [b"{}", b"7", b"\xff", b'{"jam": 3}', b"[" * 9999])
def test_a_damaged_line_is_told_with_its_number(store: Path, line: bytes) -> None:
    KeptBars()(judged(KICK, kept=True))
    store.write_bytes(store.read_bytes() + line + b"\n")
    with pytest.raises(UserError, match=r"line 2 of .*kept\.jsonl"):
        list(read())


def test_what_cannot_be_stored_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="expected to store what is kept"):
        KeptBars(tmp_path / "file" / "kept.jsonl")(judged(KICK, kept=True))


def test_the_bars_of_a_jam_become_a_track_each_of_what_they_are(
    store: Path, tmp_path: Path
) -> None:
    keep = KeptBars()
    keep(judged(KICK, kept=True, played=KICK))
    keep(judged(SNARE, kept=False))
    keep(judged(KICK, kept=True))
    ((_, bars),) = jams(read())
    write_tracks(bars, tmp_path / "kept.mid")
    read_again = files.unpack(tmp_path / "kept.mid")
    assert len(read_again.tracks) == 1 + len(TRACKS)
    score = files.read(tmp_path / "kept.mid")
    notes = [(note.start, note.pitch, note.channel, note.track) for note in score.notes]
    assert sorted(notes) == [
        (0, 36, 9, 1),
        (0, 36, 9, 2),
        (1920 + 480, 38, 9, 3),
        (1920 + 1440, 36, 9, 2),
    ]
    assert score.remarks == ()
    assert max(note.start + note.duration for note in score.notes) <= 1920 * 2 + 1440


def test_the_commands(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["kept", "list"]) == 0
    assert "no bar was kept yet" in capsys.readouterr().out
    assert run(["kept", "export", "a.mid"]) == 2
    assert "expected a bar that was kept, found none" in capsys.readouterr().err
    keep = KeptBars()
    keep(judged(KICK, kept=True))
    keep(judged(SNARE, kept=False))
    assert run(["kept", "list"]) == 0
    assert "  m: 1 kept, 1 rejected\n" in capsys.readouterr().out
    assert run(["kept", "export", "a.mid"]) == 0
    assert run(["kept", "export", "a.mid"]) == 2
    assert run(["kept", "export", "a.mid", "--force", "--jam", "1"]) == 0
    assert run(["kept", "export", "b.mid", "--jam", "2"]) == 2
    assert not (tmp_path / "b.mid").exists()
