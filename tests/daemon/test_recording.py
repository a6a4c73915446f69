"""A take is a file of whole bars, in passages where a DAW starts and jumps."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.daemon.recording import Take, write_take
from daw_bridge.jam.events import Event, Placed, Sounded, Tempo
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, Ticks

FOUR, WALTZ = Meter(4, 4), Meter(3, 4)


def note(tick: int, pitch: int, duration: int = 100) -> list[Event]:
    return [
        Sounded(Ticks(tick), "notes", note_on(0, pitch, 90)),
        Sounded(Ticks(tick + duration), "notes", note_off(0, pitch)),
    ]


def placed(tick: int, song_bar: int | None = None, meter: Meter = FOUR) -> Placed:
    return Placed(0, Ticks(tick), Bar(meter=meter), late=False, song_bar=song_bar)


def written(path: Path, *events: Event, whole: bool = False) -> files.Score:
    take = Take()
    for event in events:
        take(event)
    write_take(take.lines, path, "tiny", whole=whole)
    return files.read(path)


def markers(path: Path) -> list[tuple[int, str]]:
    (events,) = files.unpack(path).tracks
    return [(each.tick, each.data.decode()) for each in events if each.meta == smf.MARKER]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "take.mid"


def test_a_marker_says_the_bar_of_the_song_where_the_daw_starts_and_jumps(path: Path) -> None:
    score = written(
        path,
        Tempo(Ticks(0), 120.0),
        placed(0, 16),
        *note(0, 60),
        placed(1920, 17),
        *note(2000, 61),
        placed(3840, 4),
        *note(3840, 62),
        placed(5760, 4),
        *note(5760, 63),
    )
    assert [(each.start, each.pitch) for each in score.notes] == [
        (0, 60),
        (2000, 61),
        (3840, 62),
        (5760, 63),
    ]
    assert score.length == 4 * 1920
    assert score.remarks == ()
    assert markers(path) == [(0, "bar 17"), (3840, "bar 5"), (5760, "bar 5")]


def test_a_bar_that_was_announced_and_did_not_begin_is_none(path: Path) -> None:
    score = written(
        path,
        placed(0, 0),
        *note(0, 60),
        placed(1920, 1, WALTZ),
        placed(3360, 2, WALTZ),  # then the DAW jumps, before the first of these two bars began
        placed(1920, 0),
        *note(1920, 61),
        placed(3840, 1, WALTZ),
        *note(3840, 62),
    )
    meters = [(tick, str(meter)) for tick, meter in score.meters]
    assert (meters, score.length) == ([(0, "4/4"), (3840, "3/4")], 3840 + 1440)
    assert markers(path) == [(0, "bar 1"), (1920, "bar 1")]


def test_what_begins_inside_a_bar_has_its_tempo_from_the_bar_line_on(path: Path) -> None:
    score = written(path, Tempo(Ticks(700), 97.0), placed(0, 3), *note(720, 60))
    assert [(tick, round(tempo)) for tick, tempo in score.tempos] == [(0, 97)]
    assert score.remarks == ()
    assert markers(path) == [(0, "bar 4")]


def test_a_ramp_is_in_the_file_tempo_by_tempo(path: Path) -> None:
    ramp = [Tempo(Ticks(480 * beat), 90.0 + beat) for beat in range(9)]
    score = written(path, *ramp[:4], placed(0), *note(0, 60), *ramp[4:], placed(1920), whole=True)
    expected = [(480 * beat, 90 + beat) for beat in range(8)]  # the last begins where it ends
    assert [(tick, round(tempo)) for tick, tempo in score.tempos] == expected
