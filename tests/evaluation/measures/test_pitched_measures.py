"""Pitched music: figures of a few notes that can be counted by hand."""

from __future__ import annotations

import pytest

from daw_bridge.encoding.kind import Kind
from daw_bridge.evaluation.measures import chip, chorale, dynamics, line, pitch
from daw_bridge.evaluation.measures.take import Take, intervals, struck
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Ticks

C, C_MINOR = Key(0), Key(0, "minor")


def note(
    quarter: float,
    pitch: int,
    length: float = 1,
    voice: int = 0,
    *,
    velocity: int = 80,
    tied: bool = False,
) -> Note:
    start, duration = Ticks(int(quarter * PPQ)), Ticks(int(length * PPQ))
    return Note(start, pitch, duration, velocity, voice, tied)


def bars(*every: list[Note]) -> list[Bar]:
    return [Bar.of(notes) for notes in every]


def take(
    bars: list[Bar], key: Key | None = None, kind: Kind = "line", *, drums: bool = True
) -> Take:
    return Take(bars, kind, key, drums)


def chord(quarter: float, *pitches: int, length: float = 1) -> list[Note]:
    return [note(quarter, pitch, length) for pitch in pitches]


def test_voices_are_parallel_where_both_move_the_same_way_to_a_perfect_interval() -> None:
    fifths = (48, 55, 64, 72), (50, 57, 65, 71)
    assert chorale.is_parallel(*fifths)
    assert chorale.is_parallel((48, 60, 64, 67), (50, 62, 65, 69))  # octaves
    assert not chorale.is_parallel((48, 55, 64, 72), (48, 55, 65, 74))  # they stay
    assert not chorale.is_parallel((48, 55, 64, 72), (50, 53, 65, 71))  # apart
    assert not chorale.is_parallel((48, 55, 64, 71), (45, 64, 67, 72))  # contrary to another fifth
    bar = [
        *chord(0, *fifths[0]),
        *chord(1, *fifths[1]),
        *chord(2, 50, 57, 65),
        *chord(3, *fifths[0]),
    ]
    found = chorale.figures([take(bars(bar), C)])
    assert found["parallel_fifths_and_octaves"] == 1  # of one change from four to four


def test_a_chord_is_held_over_bar_lines_and_silence_is_none() -> None:
    held = [*chord(2, 60, 64, length=2)]
    tied = [note(0, 60, 2, tied=True), note(0, 64, 2, tied=True), *chord(2, 62, length=1)]
    piece = take(bars(held, tied, [], []), C)
    assert len(chorale.chords(piece.bars)) == 64
    assert chorale.held_steps(piece, chorale.chords(piece.bars)) == 16
    assert chorale.figures([piece])["time_in_chords_of_a_bar_or_more"] == 0.25
    shorter = take(bars(held, chord(0, 60, 64, length=1.75)), C)
    assert chorale.held_steps(shorter, chorale.chords(shorter.bars)) == 0


def test_a_leading_tone_is_one_on_a_beat_of_the_upper_voice() -> None:
    def led(*notes: Note) -> list[bool]:
        piece = take(bars([*notes]), C)
        return [*chorale.resolutions(piece, chorale.chords(piece.bars))]

    assert led(note(0, 71), note(1, 72)) == [True]
    assert led(note(0, 71), note(1, 69), note(2, 71), note(3, 72)) == [False, True]
    assert led(note(0, 71), note(1, 60)) == [False]  # not to a tonic elsewhere
    assert led(note(0.5, 71, 0.5), note(1, 72)) == []  # off the beat
    assert led(note(0, 71), note(0, 76), note(1, 72)) == []  # under another
    assert led(note(0, 71)) == []  # and nothing after it
    assert [*chorale.resolutions(take(bars([note(0, 71), note(1, 72)])), [(71,), (72,)])] == []


def test_cadences_are_long_chords_by_their_place() -> None:
    moving = [each for quarter in range(4) for each in chord(quarter, 60 + quarter, 67)]
    long = [*moving[:4], *chord(2, 60, 67, length=2)]
    found = chorale.figures([take(bars(moving, long, moving, long, long, long, moving, long), C)])
    assert [found[f"held_half_notes_in_bar_{n}_of_4"] for n in range(1, 5)] == [0.5, 1, 0, 1]
    assert found["cadence_every_two_bars"] == 4


def test_a_voice_goes_on_from_its_own_last_note() -> None:
    first = [note(0, 60), note(1, 73, voice=1), note(2, 72, 2), note(2, 64)]
    tied = [note(0, 72, 1, tied=True), note(1, 85)]
    assert intervals(struck(bars(first, tied), 0)) == [12, 13]
    piece = take(bars(first, tied))
    assert chip.wide_steps([piece], 0) == 0.5
    assert chip.wide_steps([piece], 1) == 0


def test_pulses_are_consonant_with_the_triangle_that_sounds() -> None:
    bass = note(0, 36, 2, voice=2)
    found = chip.consonances(
        bars(
            [
                bass,
                note(0, 60),
                note(1, 62),
                note(1, 67, voice=1),
                note(2, 61),
                note(3, 36, voice=3),
            ]
        )
    )
    assert [*found] == [True, False, True]


def test_noise_is_asked_for_where_drums_are_told() -> None:
    hit = [note(0, 36, 0.25, voice=3)]
    takes = [take(bars(hit, []), drums=True), take(bars([], []), drums=False)]
    assert chip.figures(takes)["bars_in_which_noise_plays"] == 0.5


def test_minor_may_raise_its_sixth_and_seventh() -> None:
    notes = [note(0, 60), note(1, 69), note(2, 71), note(3, 64)]
    noise = note(0, 37, voice=3)
    assert pitch.figures([take(bars([*notes, noise]), C_MINOR, "chip")])["in_the_key_told"] == 0.75
    assert pitch.figures([take(bars(notes), C)])["in_the_key_told"] == 1
    assert pitch.figures([take(bars(notes))])["in_the_key_told"] == 0


def test_the_best_key_is_told_or_not_by_scale() -> None:
    scale = bars([note(q, p) for q, p in enumerate((60, 64, 67, 60))], [note(0, 65), note(1, 67)])
    found = pitch.figures([take(scale, C), take(scale, Key(7)), take(scale, C_MINOR)])
    assert found["best_key_is_the_major_told"] == 0.5
    assert found["best_key_is_the_minor_told"] == 0


def test_bars_and_rhythms_are_heard_before() -> None:
    one, moved = [note(0, 60), note(1, 62)], [note(0, 64), note(1, 65)]
    found = line.repeats([take(bars(one, [], moved, [], one)), take(bars(one))])
    assert found["bars_heard_before"] == pytest.approx(1 / 4)
    assert found["rhythms_heard_before"] == pytest.approx(2 / 4)


def test_velocity_goes_through_phrases() -> None:
    first = bars([note(0, 60, velocity=40), note(1, 60, velocity=60)], [note(0, 60, velocity=90)])
    second = bars([note(0, 60, velocity=80)], [], [], [note(0, 60, velocity=70)])
    found = dynamics.phrases([take([*first, *bars([], [])]), take([*second, *first])])
    assert found == {
        "velocity_in_bar_1_of_4": pytest.approx((40 + 60 + 80 + 40 + 60) / 5),
        "velocity_in_bar_2_of_4": pytest.approx(90),
        "velocity_in_bar_3_of_4": 0,
        "velocity_in_bar_4_of_4": pytest.approx(70),
        "rise_and_fall_in_a_phrase": pytest.approx((40 + 10 + 40) / 3),
    }


def test_leaps_are_turned_back_by_the_next_step() -> None:
    assert [*line.turned_back([7, -1, -8, -2, 9, 0, 6, -1, 12])] == [True, False, False]
    piece = take(bars([note(0, 60), note(1, 67), note(2, 65), note(3, 57)], [note(0, 59)]))
    assert line.figures([piece])["leaps_turned_back"] == 1
