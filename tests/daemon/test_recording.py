"""A take is a file of whole bars, in passages where a DAW starts and jumps."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.daemon.recording import Take, write_take
from daw_bridge.jam.events import Began, Event, Placed, Sounded, Tempo
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


def placed(tick: int, meter: Meter = FOUR) -> Placed:
    return Placed(0, Ticks(tick), Bar(meter=meter), late=False)


def began(tick: int, song_bar: int) -> Began:
    return Began(Ticks(tick), song_bar)


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


def test_a_jump_begins_a_passage_on_the_next_bar_line_of_the_file(path: Path) -> None:
    score = written(
        path,
        Tempo(Ticks(0), 120.0),
        began(0, 16),
        placed(0),
        *note(0, 60),
        placed(1920),
        *note(2000, 61),
        placed(3840),  # announced, and then the DAW jumps in the middle of the bar before it
        began(3000, 4),
        placed(3000),
        *note(3000, 62),
    )
    assert [(each.start, each.pitch) for each in score.notes] == [(0, 60), (2000, 61), (3840, 62)]
    assert score.length == 3 * 1920
    assert score.remarks == ()
    assert markers(path) == [(0, "bar 17"), (3840, "bar 5")]


def test_what_begins_inside_a_bar_of_the_song_is_as_far_inside_one_of_the_file(path: Path) -> None:
    score = written(
        path,
        Tempo(Ticks(0), 100.0),
        began(0, 1),
        placed(-700),
        *note(20, 60),
        began(900, 7),
        Tempo(Ticks(900), 140.0),
        placed(-60, WALTZ),
        placed(1380, WALTZ),
        *note(900, 61),
        *note(1400, 62),
    )
    assert [(each.start, each.pitch) for each in score.notes] == [
        (720, 60),
        (1920 + 960, 61),
        (1920 + 1440 + 20, 62),
    ]
    assert [(tick, str(meter)) for tick, meter in score.meters] == [(0, "4/4"), (1920, "3/4")]
    assert [(tick, round(tempo)) for tick, tempo in score.tempos] == [(0, 100), (1920, 140)]
    assert [line for line, _ in score.bar_lines()] == [0, 1920, 3360]
    assert markers(path) == [(0, "bar 2"), (1920, "bar 8")]


def test_a_ramp_is_in_the_file_tempo_by_tempo(path: Path) -> None:
    ramp = [Tempo(Ticks(480 * beat), 90.0 + beat) for beat in range(9)]
    score = written(path, *ramp[:4], placed(0), *note(0, 60), *ramp[4:], placed(1920), whole=True)
    expected = [(480 * beat, 90 + beat) for beat in range(8)]  # the last begins where it ends
    assert [(tick, round(tempo)) for tick, tempo in score.tempos] == expected


def test_a_dawdling_daw_leaves_nothing_but_its_last_tempo(path: Path) -> None:
    score = written(
        path,
        Tempo(Ticks(0), 120.0),
        began(0, 0),
        began(5, 3),
        placed(5),
        *note(5, 60),
        began(1925, 9),
        Tempo(Ticks(1925), 99.0),
        began(1925, 3),
        Tempo(Ticks(1925), 98.0),
        placed(1925),
        *note(1925, 61),
    )
    assert [(each.start, each.pitch) for each in score.notes] == [(0, 60), (1920, 61)]
    assert [(tick, round(tempo)) for tick, tempo in score.tempos] == [(0, 120), (1920, 98)]
    assert markers(path) == [(0, "bar 4"), (1920, "bar 4")]
