"""Chords under a melody, token by token: how they lie, and what the network is told."""

from __future__ import annotations

import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.time import SIXTEENTH, Meter
from daw_bridge.policies.harmony import PolicyHarmony
from daw_bridge.policies.sampling import Sampler
from tests.tiny_model import policy_of


def harmony(codec: Codec | None = None, seed: int = 1) -> tuple[PolicyHarmony, list[str]]:
    """Return chords of a small network, and the names of the tokens that it steps through."""
    codec = ChoirVoices() if codec is None else codec
    policy, stepped = policy_of(codec), list[str]()
    step = policy.step

    def told(token: int, state: object) -> object:
        stepped.append(codec.tokens.names[token])
        return step(token, state)

    policy.step = told  # type: ignore[method-assign, assignment]
    return PolicyHarmony(policy, codec, Sampler(1.0, 1.0, seed), lambda codec, _: codec), stepped


@pytest.mark.parametrize("codec", [ChoirVoices(), ChipVoices()])
def test_a_chord_lies_under_its_note_each_voice_no_higher_than_the_one_before(codec: Codec) -> None:
    chords, _ = harmony(codec)
    chords.begin_bar(Meter())
    for pitch in range(60, 76):
        chord = chords.strike(pitch)
        found = list(chord.values())
        assert found == sorted(found, reverse=True)
        assert all(each < pitch for each in found)
        chords.pass_step()
    assert len(chord) == {"choir": 3, "chip": 2}[codec.kind]


def test_the_same_seed_strikes_the_same_chords_and_another_others() -> None:
    played = []
    for seed in (1, 1, 2):
        chords, _ = harmony(seed=seed)
        chords.begin_bar(Meter())
        played.append([chords.strike(72) for _ in range(8)])
    assert played[0] == played[1] != played[2]
    assert played[0][0] != played[0][1]  # struck again, a note may have another chord


def test_a_note_out_of_the_range_of_the_melody_is_heard_in_another_octave() -> None:
    chords, stepped = harmony()
    chords.begin_bar(Meter())
    del stepped[:]
    chords.strike(120)
    assert stepped[0].startswith("NOTE_0_")
    assert int(stepped[0].rpartition("_")[2]) % 12 == 120 % 12


def test_the_network_hears_a_step_as_a_choir_that_holds_its_notes_and_ends_them() -> None:
    chords, stepped = harmony()
    chords.begin_bar(Meter())
    chords.strike(72)
    del stepped[:]
    chords.pass_step()
    struck = stepped[:]
    del stepped[:]
    chords.pass_step()
    held = stepped[:]
    chords.release()
    del stepped[:]
    chords.pass_step()
    assert [name.rpartition("_")[0] for name in struck[:-1]] == [f"NOTE_{v}" for v in range(4)]
    assert held == struck[-1:]  # a step in which nothing changes
    assert len(stepped) == 5
    assert stepped[-1] == struck[-1]
    assert chords.length == SIXTEENTH


def test_what_sounds_over_a_bar_line_is_tied() -> None:
    chords, stepped = harmony()
    chords.begin_bar(Meter())
    pitch = {0: 72, **chords.strike(72)}
    chords.pass_step()
    chords.begin_bar(Meter())
    del stepped[:]
    chords.pass_step()
    assert [name for name in stepped if name.startswith("NOTE")] == [
        f"NOTE_{voice}_{each}" for voice, each in sorted(pitch.items())
    ]
    assert len(stepped) == 2 * len(pitch) + 1


def test_a_bar_is_in_the_key_that_is_told() -> None:
    told, codec = list[Key](), ChoirVoices()

    def in_key(codec: Codec, key: Key) -> Codec:
        told.append(key)
        return codec

    chords = PolicyHarmony(policy_of(codec), codec, Sampler(1.0, 1.0, 1), in_key)
    chords.begin_bar(Meter())
    chords.begin_bar(Meter(), Key.parse("D minor"))
    assert told == [Key.parse("D minor")]


def test_drums_cannot_follow() -> None:
    with pytest.raises(UserError, match="expected a model of several voices, to follow a player"):
        harmony(DrumGrid())
