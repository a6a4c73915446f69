"""A file of drums in another map: where its drums are, what became of them, what is missed."""

import pytest

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.drums.convert import convert, read_as, surest
from daw_bridge.drums.detect import Detection, Fit
from daw_bridge.drums.remap import drum_channel, to_one_drum
from daw_bridge.errors import UserError
from daw_bridge.midi import files, reading, smf
from daw_bridge.midi.messages import control_change, note_off, note_on

GM, AD2, SSD, ROLAND = map(load_drum_map, ("gm", "addictive-drums-2", "ssd-5.5", "roland-td"))
END = (9600, smf.meta(smf.END_OF_TRACK, b""))


def file_of(*notes: int, channel: int = 9, also: tuple[bytes, ...] = ()) -> bytes:
    hits = [
        (i * 240 + at, message)
        for i, note in enumerate(notes)
        for at, message in ((0, note_on(channel, note, 90)), (60, note_off(channel, note)))
    ]
    return smf.pack([[*((0, each) for each in also), *hits, END]], 480)


def test_hits_are_told_by_what_they_became():
    converted = convert(reading.unpack(file_of(36, 42, 42, 47, 60)), GM, AD2, 9)
    assert (converted.source, converted.target) == (GM, AD2)
    assert sorted(converted.hits(), key=str) == [
        (36, 36, 1), (42, 49, 2), (47, 67, 1), (60, None, 1),
    ]  # fmt: skip
    kept = {before: converted.kept(before, after) for before, after, _ in converted.hits()}
    assert kept == {36: True, 42: True, 47: False, 60: False}


def test_drums_of_another_channel_go_to_channel_10_unless_something_is_there():
    raw = convert(reading.unpack(file_of(36, channel=3)), GM, AD2, 3).raw
    assert {note.channel for note in files.parse(raw).notes} == {9}
    both = file_of(36, channel=3, also=(note_on(9, 36, 90), note_off(9, 36)))
    with pytest.raises(UserError, match="nothing on channel 10, where the drums of channel 4 go"):
        convert(reading.unpack(both), GM, AD2, 3)


@pytest.mark.parametrize(
    ("note", "also", "warned"),
    [
        (46, (), True),
        (46, (control_change(9, 4, 0),), False),
        (46, (control_change(9, 5, 0),), True),
        (46, (control_change(0, 4, 0),), True),
        (42, (), False),
    ],
)
def test_an_instrument_that_waits_for_a_pedal_is_told_of(note, also, warned):
    remark = convert(reading.unpack(file_of(note, also=also)), GM, SSD, 9).remark
    told = "ssd-5.5 opens 26 and 46 by CC4, which the file does not have"
    assert remark == (told if warned else "")


def test_a_map_is_read_off_the_notes_of_one_channel():
    ad2 = files.parse(file_of(*[36, 49, 38, 49] * 8, 77, 60, 60))
    detection = read_as(ad2, 9, [GM, AD2])
    assert detection.best.name == "addictive-drums-2"
    assert surest(detection, {"addictive-drums-2": AD2, "gm": GM}) is AD2
    with pytest.raises(ValueError, match="found none"):
        read_as(ad2, 3, [GM, AD2])


def test_two_readings_that_fit_alike_are_for_the_user_to_choose():
    unsure = Detection((Fit("gm", 1.0), Fit("triaz", 0.9)), ("gm",), Fit("triaz", 0.9), 0.1, 0.5)
    with pytest.raises(UserError, match="found gm and triaz to fit about as well"):
        surest(unsure, {"gm": GM})


def test_drums_are_on_channel_10_or_where_they_are_said_to_be():
    assert drum_channel([0, 9], None) == 9
    assert drum_channel([0, 9], 0) == 0
    with pytest.raises(UserError, match="drums on channel 10, found notes on 1, 3 only"):
        drum_channel([2, 0], None)
    with pytest.raises(UserError, match="drums, found a file without notes: leave it out"):
        drum_channel([], None)


def test_a_loop_of_any_notes_becomes_one_drum_and_says_of_how_many():
    raw, count = to_one_drum(reading.unpack(file_of(60, 62, 60, channel=2)), "open-hat")
    assert [(note.pitch, note.channel) for note in files.parse(raw).notes] == [(46, 9)] * 3
    assert count == 2
    with pytest.raises(UserError, match="a loop with notes, found none"):
        to_one_drum(reading.unpack(file_of()), "kick")
