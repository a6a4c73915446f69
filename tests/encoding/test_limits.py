"""Within limits every walk still ends, and what is drawn keeps to them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_classes import N_CLASSES
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.limits import Edge, Limits, Within, edge_of
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import CONTINUED_NOTE, Polyphony
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.keys import KEYS, Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks
from tests.encoding.walks import walk

PITCHED = [Line(), Polyphony(), ChipVoices(), Frames()]
DRUMS = [DrumGrid(), DrumText()]
ALL = [*PITCHED, *DRUMS]
SEEDS = st.integers(0, 2**32)


def named(codec: Codec) -> str:
    return codec.name


def sounding(bar: Bar, tick: int) -> int:
    return sum(n.start <= tick < n.start + n.duration for n in bar.notes)


@pytest.mark.parametrize("codec", PITCHED, ids=named)
@settings(max_examples=30)
@given(seed=SEEDS, key=st.sampled_from(KEYS), low=st.integers(24, 96), width=st.integers(11, 24))
def test_scale_and_range_hold(codec: Codec, seed: int, key: Key, low: int, width: int) -> None:
    within = Within(codec, Limits(scale=key, low=low, high=low + width))
    for note in walk(codec, seed, within).notes:
        if note.voice != 3:
            assert note.pitch % 12 in key.pitch_classes()
            assert low <= note.pitch <= low + width


@pytest.mark.parametrize("codec", ALL, ids=named)
@settings(max_examples=20)
@given(
    seed=SEEDS,
    density=st.integers(0, 6),
    meter=st.sampled_from([Meter(), Meter(7, 8), Meter(7, 8, (3, 2, 2))]),
)
@example(seed=0, density=5, meter=Meter())  # a flam on the last step of a quarter
def test_density_holds(codec: Codec, seed: int, density: int, meter: Meter) -> None:
    bar = walk(codec, seed, Within(codec, Limits(density=density)), meter=meter)
    # A hit may rush; both hits of a flam are struck.
    steps = [round(note.start / SIXTEENTH) for note in bar.notes if not note.tied]
    for line in meter.group_lines[1:]:
        up_to_here = sum(step * SIXTEENTH < line for step in steps)
        assert up_to_here <= -(-density * line // meter.bar_length())


@pytest.mark.parametrize("codec", PITCHED, ids=named)
@settings(max_examples=20)
@given(seed=SEEDS, density=st.integers(0, 6))
def test_where_struck_notes_count_only_what_sounded_is_held(
    codec: Codec, seed: int, density: int
) -> None:
    within = Within(codec, Limits(density=density))
    before = walk(codec, seed)
    held = {(n.voice, n.pitch) for n in before.notes if n.start + n.duration == 1920}
    for last, known in ((None, set()), (before, held)):
        bar = walk(codec, seed, within, before=last)
        assert {(n.voice, n.pitch) for n in bar.notes if n.tied} <= known


@pytest.mark.parametrize("codec", [Polyphony(), ChipVoices(), DrumText()], ids=named)
@settings(max_examples=20)
@given(seed=SEEDS, most=st.integers(1, 4))
def test_polyphony_holds(codec: Codec, seed: int, most: int) -> None:
    bar = walk(codec, seed, Within(codec, Limits(polyphony=most)))
    assert all(sounding(bar, tick) <= most for tick in range(0, 1920, SIXTEENTH))


@pytest.mark.parametrize("codec", [*DRUMS, ChipVoices()], ids=named)
@settings(max_examples=20)
@given(seed=SEEDS, mute=st.frozensets(st.integers(0, N_CLASSES - 1), min_size=1, max_size=8))
def test_muted_drums_are_silent(codec: Codec, seed: int, mute: frozenset[int]) -> None:
    bar = walk(codec, seed, Within(codec, Limits(mute=mute)))
    drums = {CLASS_OF[n.pitch] for n in bar.notes if n.voice in (0, 3) and n.pitch in CLASS_OF}
    if codec.name == "chip-voices":
        drums = {CLASS_OF[n.pitch] for n in bar.notes if n.voice == 3}
    assert not drums & mute


@pytest.mark.parametrize("codec", [*DRUMS, ChipVoices()], ids=named)
@settings(max_examples=20)
@given(seed=SEEDS, given_bar=SEEDS)
def test_a_muted_drum_is_silent_though_it_is_required(
    codec: Codec, seed: int, given_bar: int
) -> None:
    required = walk(codec, given_bar)
    within = Within(codec, Limits(mute=frozenset({0})), edge="top")
    bar = walk(codec, seed, within, heard=required)
    voice = 3 if codec.name == "chip-voices" else 0
    assert not {n for n in bar.notes if n.pitch == 36 and n.voice == voice}


@pytest.mark.parametrize("codec", [*DRUMS, ChipVoices()], ids=named)
@settings(max_examples=20)
@given(seed=SEEDS, kept=SEEDS)
def test_a_locked_drum_plays_what_it_played(codec: Codec, seed: int, kept: int) -> None:
    before = walk(codec, kept)
    after = walk(codec, seed, Within(codec, Limits(lock=frozenset({0, 1})), kept=before))
    for pitch in (36, 38):
        steps = [
            {
                round(n.start / SIXTEENTH)
                for n in bar.notes
                if n.pitch == pitch and (codec.name != "chip-voices" or n.voice == 3)
            }
            for bar in (before, after)
        ]
        assert steps[0] == steps[1]


@pytest.mark.parametrize("codec", DRUMS, ids=named)
@settings(max_examples=20)
@given(seed=SEEDS, kept=SEEDS)
def test_a_locked_drum_plays_though_there_are_hits_enough_and_lets_no_muted_one_in(
    codec: Codec, seed: int, kept: int
) -> None:
    before = walk(codec, kept)
    limits = Limits(density=0, mute=frozenset({0}), lock=frozenset({1}))
    after = walk(codec, seed, Within(codec, limits, kept=before))
    before_snares, after_snares = (
        {round(n.start / SIXTEENTH) for n in bar.notes if n.pitch == 38} for bar in (before, after)
    )
    assert after_snares == before_snares
    assert all(note.pitch == 38 for note in after.notes)


@pytest.mark.parametrize("codec", ALL, ids=named)
@settings(max_examples=30)
@given(seed=SEEDS, given_bar=SEEDS)
def test_required_notes_come_and_others_may(codec: Codec, seed: int, given_bar: int) -> None:
    few = [Within(codec, Limits(polyphony=1))] if codec.name in ("polyphony", "chip-voices") else []
    required = walk(codec, given_bar, *few)
    bar = walk(codec, seed, Within(codec, edge="top"), heard=required)
    wanted = {(round(n.start / SIXTEENTH), n.pitch, n.voice, n.tied) for n in required.notes}
    found = {(round(n.start / SIXTEENTH), n.pitch, n.voice, n.tied) for n in bar.notes}
    assert wanted <= found
    if codec.name == "chip-voices":
        voices = {voice for _, _, voice, _ in wanted}
        assert {note for note in found if note[2] in voices} == wanted
        long = [n for n in required.notes if n.voice in voices]
        assert [n for n in bar.notes if n.voice in voices] == long


@pytest.mark.parametrize("codec", ALL, ids=named)
@given(seed=SEEDS)
def test_what_is_heard_is_required_only_of_music_around_it(codec: Codec, seed: int) -> None:
    heard = walk(codec, seed + 1)
    assert walk(codec, seed, Within(codec), heard=heard) == walk(codec, seed)


@pytest.mark.parametrize(("octave", "edge"), [(0, "top"), (-24, "bottom")])
def test_a_melody_is_on_top_of_its_harmony_and_a_bass_below(octave: int, edge: Edge) -> None:
    halves = ((0, 67 + octave), (960, 69 + octave))
    tune = Bar.of(Note(Ticks(start), pitch, Ticks(960), 90) for start, pitch in halves)
    assert edge_of([tune]) == edge
    under = Within(Polyphony(), edge=edge)
    bars = [walk(Polyphony(), seed, under, heard=tune) for seed in range(20)]
    for bar in bars:
        assert {(s, p, 960) for s, p in halves} <= {
            (n.start, n.pitch, n.duration) for n in bar.notes
        }
        for note in bar.notes:
            for start, pitch in halves:
                if note.start < start + 960 and start < note.start + note.duration:
                    assert note.pitch <= pitch if edge == "top" else note.pitch >= pitch
    assert any(len(bar.notes) > 2 for bar in bars)


@pytest.mark.parametrize(
    ("codec", "limits", "message"),
    [
        (DrumGrid(), Limits(low=40), "pitched model"),
        (Line(), Limits(mute=frozenset({1})), "drums to mute"),
        (DrumGrid(), Limits(lock=frozenset({1})), "primer"),
        (Line(), Limits(scale=Key(0), low=61, high=61), "widen"),
    ],
)
def test_limits_that_cannot_be_are_the_users_error(
    codec: Codec, limits: Limits, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        Within(codec, limits)


@pytest.mark.parametrize("codec", [*DRUMS, ChipVoices()], ids=named)
def test_a_drum_that_is_locked_plays_no_hits_from_beyond_a_shorter_bar(codec: Codec) -> None:
    kept = Bar.of(Note(Ticks(tick), 36, Ticks(60), 90, 3) for tick in (0, 480, 1440, 1680))
    within = Within(codec, Limits(lock=frozenset({0})), kept)
    bar = walk(codec, 1, within, meter=Meter(3, 4))
    kicks = {round(note.start / SIXTEENTH) * SIXTEENTH for note in bar.notes if note.pitch == 36}
    assert kicks == {0, 480}


def test_where_no_note_may_be_struck_one_that_sounds_goes_on_and_one_that_ended_does_not() -> None:
    codec = Polyphony()
    before = Bar.of(
        [Note(Ticks(960), 60, Ticks(960), 90), Note(Ticks(0), 64, Ticks(960), 90)], Meter()
    )
    grammar = Within(codec, Limits(density=0))(codec.grammar(Meter()), Ask(before=before))
    for token in codec.conditions(Meter()):
        grammar.push(token)
    allowed = grammar.allowed()
    assert allowed is not None
    assert allowed[[CONTINUED_NOTE + 60, CONTINUED_NOTE + 64]].tolist() == [True, False]
