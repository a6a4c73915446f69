"""What a player plays, as models hear it, and what becomes of it."""

import pytest

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon.hearing import BESIDE, as_loud, as_loud_beside, as_voices
from daw_bridge.daemon.settings import ready
from daw_bridge.daemon.source import bars_of
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.listen import found_in
from daw_bridge.music.form import Kind, Label
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.policies.load import load


def played(*notes: tuple[int, int], channel: int = 0, velocity: int = 90) -> Bar:
    """Give a bar of quarters, as they come from a keyboard: the number of each, and its pitch."""
    return Bar.of(Note(Ticks(480 * n), pitch, Ticks(400), velocity, channel) for n, pitch in notes)


def source(preset: str, model: str, **options):
    jam = ready(load_jam(preset).read_from(None), {"model": model, **options})
    return bars_of(load(jam.folder), jam.file, jam.primer)


def test_chords_on_one_channel_are_parted_from_the_top():
    chord = played((0, 72), (0, 64), (0, 48), channel=4)
    assert [(n.pitch, n.voice) for n in as_voices(chord, "choir").notes] == [
        (48, 3), (64, 1), (72, 0),
    ]  # fmt: skip
    assert [(n.pitch, n.voice) for n in as_voices(chord, "chip").notes] == [
        (48, 2), (64, 1), (72, 0),
    ]  # fmt: skip
    assert {n.voice for n in as_voices(chord, "line").notes} == {0}


def test_a_band_is_heard_channel_by_channel():
    band = Bar.of([*played((0, 72)).notes, *played((0, 36), channel=9).notes])
    assert [(n.pitch, n.voice) for n in as_voices(band, "chip").notes] == [(36, 3), (72, 0)]
    drums = played((0, 36), channel=9)
    assert [n.voice for n in as_voices(drums, "chip").notes] == [3]
    assert [n.voice for n in as_voices(drums, "drums").notes] == [0]


def test_who_accompanies_is_as_loud_as_the_player():
    ours = played((0, 36), (1, 38), velocity=100)
    found = found_in([played((0, 60), velocity=33)])
    assert found.loudness is Loudness.PP
    quiet = as_loud_beside(ours, Ask(found=found, accompanies=True))
    assert {n.velocity for n in quiet.notes} == {33}
    assert as_loud_beside(ours, Ask(found=found)) == ours
    assert as_loud(ours, Ask(found=found)) == quiet
    assert as_loud(ours, Ask()) == ours


MELODY = played((0, 66), (1, 69), (2, 73), (3, 74))  # D major


@pytest.mark.parametrize("model", ["lead", "chip"])
def test_an_answer_is_in_the_key_of_its_call(model):
    bars = source("call-response", model)
    found = found_in([MELODY])
    bars.bar(Ask(0, heard=MELODY, hears=True, found=found))
    answer = bars.bar(Ask(1, found=found, label=Label(Kind.VARIED, 1)))
    pitched = [n.pitch % 12 for n in answer.notes if n.voice < 3]
    assert pitched
    assert found.key is not None
    assert sum(each in found.key.pitch_classes() for each in pitched) >= 0.8 * len(pitched)


def test_a_call_that_is_heard_in_parts_is_heard_as_one():
    whole, parts = source("call-response", "lead"), source("call-response", "lead")
    found = found_in([MELODY])
    for n in (1, 2, 3):
        some = Bar.of(MELODY.notes[:n])
        parts.bar(Ask(0, heard=some, hears=True, found=found_in([some])))
    answers = []
    for each in (whole, parts):
        each.bar(Ask(0, heard=MELODY, hears=True, found=found))
        answers.append(each.bar(Ask(1, found=found)))
    assert answers[0] == answers[1]


def test_a_call_that_is_not_to_be_heard_changes_nothing():
    primer = {"condition": False}
    one, other = (source("call-response", "lead", primer=primer) for _ in range(2))
    one.bar(Ask(0, heard=MELODY, hears=True))
    other.bar(Ask(0, heard=played((0, 50)), hears=True))
    assert one.bar(Ask(1)) == other.bar(Ask(1))


def test_what_is_injected_sounds_only_where_it_is_kept():
    ask = Ask(0, heard=MELODY, found=found_in([MELODY]), accompanies=True)
    alone = source("call-response", "chorale", mode="accompany", primer={"inject": True}).bar(ask)
    both = source(
        "call-response", "chorale", mode="accompany", primer={"inject": True, "keep": True}
    ).bar(ask)
    assert {n.voice for n in both.notes} > {n.voice for n in alone.notes}
    assert [n.pitch for n in both.notes if n.voice == 0] == [66, 69, 73, 74]


def test_a_drummer_plays_no_denser_than_suits_and_fills_where_the_player_pauses():
    bars = source("accompany", "groove-drums")
    sparse = found_in([played((0, 60), (3, 62))])
    for number in range(4):
        bar = bars.bar(Ask(number, found=sparse, accompanies=True))
        assert len(bar.notes) <= BESIDE + 2
