"""A take is on disk as it is played, and is not lost to whatever ends a jam."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import growing, play
from daw_bridge.daemon import journal as journals
from daw_bridge.daemon.growing import free_name, spare_folders
from daw_bridge.daemon.journal import Journal, recovered, written
from daw_bridge.daemon.settings import Ready
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Inbox
from daw_bridge.jam.events import Placed, Sounded, Stopped, Tempo, Woke
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, Seconds, Ticks
from tests.tiny_model import write_tiny_model

WALTZ = Meter(3, 4)


def on(tick: int, pitch: int = 60) -> Sounded:
    return Sounded(Ticks(tick), "notes", note_on(0, pitch, 90))


def off(tick: int, pitch: int = 60) -> Sounded:
    return Sounded(Ticks(tick), "notes", note_off(0, pitch))


def placed(number: int, tick: int, meter: Meter, song_bar: int | None = None) -> Placed:
    return Placed(number, Ticks(tick), Bar(meter=meter), late=False, song_bar=song_bar)


def begun(take: Path) -> Journal:
    """Begin the journal of a take of 3/4 at 90."""
    journal = Journal(take, "tiny")
    journal(Tempo(Ticks(0), 90.0))
    journal(placed(0, 0, WALTZ))
    return journal


def notes(path: Path | None) -> list[tuple[int, int, int]]:
    assert path is not None
    return [(note.start, note.pitch, note.duration) for note in files.read(path).notes]


@pytest.fixture
def take(tmp_path: Path) -> Path:
    return tmp_path / "takes" / "take.mid"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.setattr(journals, "spare_folders", lambda _full: [folder])
    return folder


def fill_up(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let whatever lies in a folder have no room for more."""
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if Path(f"/proc/self/fd/{handle}").readlink().parent == folder:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", full)


def test_what_sounded_is_on_disk_at_once_and_a_file_in_the_end(take: Path) -> None:
    journal = begun(take)
    journal(on(0))
    journal(off(480))
    assert journal.path == take.with_name("take.mid.journal")
    assert journal.path.read_bytes().endswith(b"\n0 903c5a\n480 803c00\n")
    journal(Stopped("enough"))
    journal.close()
    assert written(journal.path, take) == take
    assert notes(take) == [(0, 60, 480)]
    score = files.read(take)
    assert (score.meters[0][1], score.length) == (Meter(3, 4), 1440)
    assert score.tempos[0][1] == pytest.approx(90, abs=1e-3)
    assert [path.name for path in take.parent.iterdir()] == ["take.mid"]


def test_bars_keep_their_meters_and_what_changes_the_tempo_is_in_the_file(take: Path) -> None:
    journal = begun(take)
    journal(placed(1, 1440, WALTZ))
    journal(Tempo(Ticks(1500), 90.0))
    journal(on(0))
    journal(Tempo(Ticks(1600), 140.0))
    journal(placed(2, 2880, Meter(7, 8)))
    journal(off(2890))
    journal(placed(3, 4560, Meter(4, 4)))
    journal(Tempo(Ticks(4560), 60.0))
    journal.close()
    for whole, length in ((False, 4560), (True, 4560 + 1920)):
        kept = journal.path.read_bytes()
        score = files.read(written(journal.path, take, whole=whole, force=True) or take)
        journal.path.write_bytes(kept)
        assert score.length == length
        ended = [] if not whole else [(4560, "4/4", 60.0)]  # what begins at the end is not heard
        assert [(tick, str(meter)) for tick, meter in score.meters] == [
            (0, "3/4"),
            (2880, "7/8"),
            *((tick, meter) for tick, meter, _ in ended),
        ]
        assert [(tick, round(tempo)) for tick, tempo in score.tempos] == [
            (0, 90),
            (1600, 140),
            *((tick, tempo) for tick, _, tempo in ended),
        ]
        assert score.remarks == ()


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b"960 9",
        b"960 903c5a",
        b"960 903cff\n",
        b"\0\0\0\n",
        b"710 ff5804040218",
        b"710 ff580400021808\n",
        b"710 ff580404071808\n",
        b"710 ff5103000000\n",
        b"710 ff5103\n",
        b"710 ff060462617220\n",
        b"710 ff06066261722031\n",
    ],
)
def test_what_a_killed_jam_left_is_made_a_take_up_to_where_it_is_whole(
    take: Path, torn: bytes
) -> None:
    journal = begun(take)
    journal(on(0))
    journal(on(700, 64))
    journal.close()
    with journal.path.open("ab") as file:
        file.write(torn)
    assert list(recovered(take.parent, keep=take.with_name("new.mid"))) == [take]
    assert notes(take) == [(0, 60, 701), (700, 64, 1)]
    assert files.read(take).remarks == ()
    assert list(recovered(take.parent, keep=take)) == []


def test_a_jam_that_still_plays_keeps_its_journal_and_so_does_a_strange_file(take: Path) -> None:
    journal = begun(take)
    journal(on(0))
    strange = take.with_name("diary.journal")
    strange.write_text("dear diary\n")
    assert list(recovered(take.parent, keep=take)) == []
    assert {path.name for path in take.parent.iterdir()} == {"diary.journal", "take.mid.journal"}
    with pytest.raises(UserError, match="File exists"):
        begun(take)
    journal.close()


def test_nothing_is_overwritten_but_by_force(take: Path) -> None:
    for force, name in ((False, "take-2.mid"), (False, "take-3.mid"), (True, "take.mid")):
        journal = begun(take)
        take.write_bytes(b"precious")
        journal(on(0))
        journal.close()
        assert written(journal.path, take, force=force) == take.with_name(name)
        assert (take.read_bytes() == b"precious") is not force
    assert free_name(take.with_name("new.mid"), [take.with_name("new.mid")]).name == "new-2.mid"


def test_a_recovered_take_does_not_get_the_name_of_the_next(take: Path) -> None:
    journal = begun(take)
    journal(on(0))
    journal.close()
    assert list(recovered(take.parent, keep=take)) == [take.with_name("take-2.mid")]


def test_a_take_without_a_message_is_no_file_unless_its_silence_was_played(take: Path) -> None:
    for empty in (False, True):
        journal = begun(take)
        journal.close()
        path = written(journal.path, take, whole=True, empty=empty)
        assert path == (take if empty else None)
        assert not journal.path.exists()


def test_on_a_full_disk_a_take_goes_on_in_another_folder(
    take: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = begun(take)
    journal(on(0))
    fill_up(monkeypatch, take.parent)
    journal(off(480))
    journal(on(480, 64))
    journal.close()
    assert journal.path == elsewhere / "take.mid.journal"
    assert list(take.parent.iterdir()) == []
    assert notes(written(journal.path, take)) == [(0, 60, 480), (480, 64, 1)]


def test_a_disk_that_has_no_room_for_the_file_leaves_it_to_another(
    take: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = begun(take)
    journal(on(0))
    journal.close()
    write = files.write

    def full(path: Path, *arguments: object, **settings: object) -> None:
        if path.parent in no_room:
            raise UserError(f"to write {path}", "No space left on device", "free space")
        write(path, *arguments, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "write", full)
    no_room = [take.parent, elsewhere]
    with pytest.raises(UserError, match=r"No space.*; all is in .*take\.mid\.journal"):
        written(journal.path, take)
    assert journal.path.exists()
    no_room = [take.parent]
    assert written(journal.path, take) == elsewhere / "take.mid"
    assert not journal.path.exists()


def test_where_no_folder_has_room_what_was_heard_before_is_kept(
    take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "spare_folders", lambda _full: [])
    journal = begun(take)
    journal(on(0))
    fill_up(monkeypatch, take.parent)
    with pytest.raises(UserError, match="No space left on device: free space"):
        journal(off(480))
    journal.close()
    monkeypatch.undo()
    assert notes(written(journal.path, take)) == [(0, 60, 1)]


def test_bars_of_the_song_go_by_the_journal(take: Path) -> None:
    journal = begun(take)
    journal(placed(1, 1440, WALTZ, song_bar=999))
    journal(on(1440))
    journal.close()
    assert written(journal.path, take) == take
    (events,) = files.unpack(take).tracks
    assert [(e.tick, e.data) for e in events if e.meta == smf.MARKER] == [(1440, b"bar 1000")]


def test_what_was_heard_is_on_the_disk_itself_after_a_second(
    take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, synced = [100.0], []
    monkeypatch.setattr(growing.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(os, "fsync", lambda _handle: synced.append(clock[0]))
    journal = begun(take)
    for clock[0] in (100.4, 100.9, 101.3, 101.9, 102.2, 102.4, 102.6):
        journal(on(0))
    clock[0] = 103.5
    journal(Woke(Seconds(7.0)))  # nothing more was heard, but time goes on
    assert synced == [101.3, 102.4, 103.5]
    clock[0] = 105.0
    journal(Woke(Seconds(8.0)))
    journal.close()
    assert synced == [101.3, 102.4, 103.5]


def test_half_a_line_that_still_fitted_is_no_part_of_the_journal(
    take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "spare_folders", lambda _full: [])
    journal = begun(take)
    journal(on(0))
    whole = journal.path.read_bytes()
    write, room = os.write, [5]

    def fill(handle: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data[: room.pop()])

    monkeypatch.setattr(os, "write", fill)
    with pytest.raises(UserError, match="No space left"):
        journal(off(480))
    assert len(journal.path.read_bytes()) == len(whole) + 5
    journal.close()
    assert journal.path.read_bytes() == whole


def test_no_signal_ends_a_process_that_writes_its_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = play.written

    def interrupted(*arguments: Any, **settings: Any) -> Path | None:
        for _ in range(4):
            signal.raise_signal(signal.SIGINT)
        return make(*arguments, **settings)

    monkeypatch.setattr(play, "written", interrupted)
    folder = write_tiny_model(tmp_path / "tiny")
    jam = Ready(JamFile(model=str(folder), bars=2, backend="offline"), folder)
    _, path = play.record(jam, [], Inbox(), tmp_path / "take.mid", force=False)
    assert notes(path)


def test_spare_folders_are_found_where_there_is_no_home_and_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(growing.tempfile, "gettempdir", gone)
    monkeypatch.setattr(growing.Path, "home", gone)
    monkeypatch.chdir(tmp_path)
    assert tmp_path in spare_folders(Path("/full"))
    assert tmp_path not in spare_folders(tmp_path)
