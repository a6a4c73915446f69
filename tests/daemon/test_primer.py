"""Primers from what is given to bars."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from daw_bridge.config.drawing import PrimerFile
from daw_bridge.config.files import find
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.primer import given_by, primed
from daw_bridge.encoding.kind import Kind
from daw_bridge.errors import UserError
from daw_bridge.jam.primer import Bars, Primer
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.card import Card
from daw_bridge.policies.card import read as read_card

Changes = Iterable[tuple[int, str | float]]


def bars_of(said: PrimerFile, kind: Kind) -> Bars:
    return given_by(said, Meter(), kind).bars


def test_drums_of_a_primer_are_16ths() -> None:
    primer = PrimerFile(drums=((36, 42), (), (42,), ()))
    (bar,) = bars_of(primer, "drums")
    assert [(note.start, note.pitch) for note in bar.notes] == [(0, 36), (0, 42), (240, 42)]


def test_a_chip_takes_a_primer_in_the_voices_that_play_it(tmp_path: Path) -> None:
    def voices(primer: PrimerFile) -> set[tuple[int, int]]:
        (bar,) = bars_of(primer, "chip")
        return {(note.voice, note.pitch) for note in bar.notes}

    assert voices(PrimerFile(drums=((36,), (), (42,), ()))) == {(3, 36), (3, 42)}
    assert voices(PrimerFile(pitches=(60, 67, 64))) == {(0, 67), (1, 64), (2, 60)}
    assert voices(PrimerFile(melody=(72, -2))) == {(0, 72)}
    path = tmp_path / "four.mid"
    events = [(Ticks(0), note_on(c, p, 90)) for c, p in ((0, 72), (1, 64), (2, 40), (9, 38))]
    events += [(Ticks(480), note_off(c, p)) for c, p in ((0, 72), (1, 64), (2, 40), (9, 38))]
    files.write(path, events, tempo_qpm=120, meter=Meter(), name="x")
    assert voices(PrimerFile(midi=str(path))) == {(0, 72), (1, 64), (2, 40), (3, 38)}


def test_a_choir_has_a_voice_for_each_channel_or_parts_what_is_on_one(tmp_path: Path) -> None:
    chord = {0: 72, 1: 67, 2: 60, 3: 48}
    for channels in ([0, 1, 2, 3], [0, 0, 0, 0], [7, 7, 7, 7]):
        parts = list(zip(channels, chord.values(), strict=True))
        events = [(Ticks(0), note_on(c, p, 90)) for c, p in parts]
        events += [(Ticks(480), note_off(c, p)) for c, p in parts]
        files.write(tmp_path / "four.mid", events, tempo_qpm=120, meter=Meter(), name="x")
        (bar,) = bars_of(PrimerFile(midi=str(tmp_path / "four.mid")), "choir")
        assert {note.voice: note.pitch for note in bar.notes} == chord
    (bar,) = bars_of(PrimerFile(pitches=(48, 60, 67, 72)), "choir")
    assert {note.voice: note.pitch for note in bar.notes} == chord


def test_a_melody_over_the_bar_line_is_tied() -> None:
    primer = PrimerFile(melody=(60, *[-2] * 19))
    first, second = bars_of(primer, "line")
    assert [(n.duration, n.tied) for n in (*first.notes, *second.notes)] == [
        (1920, False),
        (480, True),
    ]


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    return tmp_path / "tune.mid"


def write_tune(path: Path, length: int, changes: Changes) -> None:
    """Write eighths up to a tick, and changes of meter, such as "7/8", and of tempo."""
    starts = range(0, length - 239, 240)
    notes = [(Ticks(tick), note_on(0, 60, 90)) for tick in starts]
    notes += [(Ticks(tick + 240), note_off(0, 60)) for tick in starts]
    for tick, change in changes:
        meter = Meter.parse(change) if isinstance(change, str) else None
        event = (
            smf.tempo(change) if meter is None else smf.meter(meter.numerator, meter.denominator)
        )  # type: ignore[arg-type]
        notes.append((Ticks(tick), event))
    files.write(path, notes, name="tune", length=Ticks(length))


@pytest.fixture(scope="module")
def lead() -> Card:
    return read_card(find("models", "lead"))


def read(
    path: Path, card: Card, stated: Iterable[str] = (), *, bpm: float = 100, **said: bool
) -> tuple[JamFile, Primer, tuple[str, ...]]:
    primer = PrimerFile(midi=str(path), **said)
    return primed(JamFile(model="lead", bpm=bpm, meter="3/4", primer=primer), card, set(stated))


def meters(bars: Bars) -> list[str]:
    return [str(bar.meter) for bar in bars]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(0, "7/8")], ["7/8", "7/8"]),
        ([(0, "1/4"), (480, "4/4")], ["1/4", "4/4"]),
        ([(0, "4/4"), (480, "4/4")], ["1/4", "4/4"]),
        ([(480, "4/4")], ["1/4", "4/4"]),
        ([(0, "6/8"), (240, "6/8")], ["1/8", "6/8", "6/8"]),
        ([(0, "4/4"), (1920, "2/4")], ["4/4", "2/4"]),
        ([], ["3/4", "3/4"]),
    ],
)
def test_bars_of_a_file_have_the_meter_that_they_last(
    tune: Path, lead: Card, changes: Changes, expected: list[str]
) -> None:
    write_tune(tune, 2400, changes)
    file, primer, remarks = read(tune, lead)
    assert meters(primer.bars) == expected
    assert (str(file.meter), remarks) == (expected[-1], ())
    assert meters(read(tune, lead, ["meter"])[1].bars) == expected
    assert str(read(tune, lead, ["meter"])[0].meter) == "3/4"


@pytest.mark.parametrize(("length", "count"), [(1680, 1), (1681, 1), (1740, 1), (1741, 2)])
def test_a_track_that_ends_a_little_late_begins_no_bar(
    tune: Path, lead: Card, length: int, count: int
) -> None:
    write_tune(tune, length, [(0, "7/8"), (0, 90.0)])
    assert meters(read(tune, lead, keep=True)[1].bars) == ["7/8"] * count


def test_a_meter_that_is_stated_but_not_by_the_file_is_that_of_its_bars(
    tune: Path, lead: Card
) -> None:
    write_tune(tune, 1440, [])
    file = JamFile(model="lead", meter="2/4", primer=PrimerFile(midi=str(tune)))
    assert meters(primed(file, lead, {"meter"})[1].bars) == ["2/4"] * 2


@pytest.mark.parametrize("said", [{"keep": True}, {"inject": True}])
def test_what_is_played_of_a_file_or_with_it_keeps_its_tempos(
    tune: Path, lead: Card, said: dict[str, bool]
) -> None:
    write_tune(tune, 2880, [(0, 90.0), (720, 120.0), (1440, 60.0), (2880, 33.0)])
    file, primer, _ = read(tune, lead, **said)
    assert (file.bpm, primer.tempo_qpm) == (60, pytest.approx(90, abs=1e-3))
    assert primer.tempos == (((720, 120.0),), ((0, 60.0),))
    file, primer, _ = read(tune, lead, ["bpm"], **said)
    assert (file.bpm, primer.tempo_qpm, primer.tempos) == (100, None, ())


def test_what_is_only_heard_says_the_tempo_that_it_ends_in(tune: Path, lead: Card) -> None:
    write_tune(tune, 2880, [(0, 90.0), (720, 120.0)])
    file, primer, _ = read(tune, lead)
    assert (file.bpm, primer.tempo_qpm, primer.tempos) == (120, None, ())
    write_tune(tune, 2880, [])
    assert read(tune, lead, keep=True)[0].bpm == 100


def test_a_bar_that_no_meter_fits_is_told(tune: Path, lead: Card) -> None:
    write_tune(tune, 2420, [(0, "4/4"), (500, "4/4")])
    _, primer, remarks = read(tune, lead, condition=False)
    assert meters(primer.bars) == ["17/64", "4/4"]
    assert remarks == (f"{tune}: bar 1 ends where no meter does: it lasts to the next 64th",)
    write_tune(tune, 2420, [(0, "4/4"), (500, "4/4"), (1001, "4/4")])
    assert read(tune, lead, condition=False)[2][0].endswith("to the next 64th (1 more like it)")


def test_bars_that_the_model_cannot_hear_are_told(tune: Path, lead: Card) -> None:
    write_tune(tune, 4080 + 1920, [(0, "17/8"), (4080, "4/4")])
    _, primer, remarks = read(tune, lead, keep=True)
    assert meters(primer.bars) == ["17/8", "4/4"]
    assert remarks == ("lead knows no bars of 17/8: 1 of the primer's it does not hear",)
    assert read(tune, lead, keep=True, condition=False)[2] == ()
    with pytest.raises(UserError, match="a primer in meters that lead plays, found 17/8"):
        read(tune, lead, inject=True)


def test_a_meter_or_a_tempo_that_cannot_be_gone_on_in_is_told(tune: Path, lead: Card) -> None:
    write_tune(tune, 4080, [(0, "17/8"), (0, 4.0)])
    with pytest.raises(UserError, match=r"5 to 1000 .*, found one at 4: say another .* --bpm"):
        read(tune, lead)
    with pytest.raises(UserError, match=r"found 17/8 after the primer: .* --meter"):
        read(tune, lead, ["bpm"])
    assert meters(read(tune, lead, ["bpm", "meter"], keep=True)[1].bars) == ["17/8"]
