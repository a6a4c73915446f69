"""The instruments that a jam is heard on: which there are, and where each plays."""

import json

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.daemon.sound import Sound


def heard(preset, **options):
    jam = ready(load_jam(preset), options)
    return Sound.of(jam, "auto"), jam


def parts(sound, jam):
    told = json.loads(sound.settings(jam_of(jam).routes).kit)["parts"]
    return {(each["port"], each["channel"]): each for each in told}


def test_each_voice_plays_where_it_is_sent_and_clicks_do_too():
    sound, jam = heard("call-response")
    voices = {place: each["voice"] for place, each in parts(sound, jam).items()}
    assert voices == {("notes", 0): "lead", ("metronome", 9): "notes"}
    sound, jam = heard("chip")
    assert [each["voice"] for each in parts(sound, jam).values()] == [*sound.names.values()]


def test_the_other_player_of_a_trade_has_instruments_of_its_own():
    sound, jam = heard("trade", turns={**dict(load_jam("trade").turns), "other": "chip"})
    names = {each["voice"] for each in parts(sound, jam).values()}
    assert {"lead", "triangle"} <= names
    assert "triangle" not in {each["voice"] for each in parts(*heard("trade")).values()}


def test_what_goes_through_a_map_is_told_back_to_general_midi():
    sound, jam = heard("groove")
    (part,) = parts(sound, jam).values()
    assert part["notes"][36] == 36
    assert part["notes"][0] == -1


def test_other_voices_have_other_instruments_and_the_same_ones_keep_theirs():
    sound, jam = heard("groove")
    part = Part(jam)
    assert part.with_settings(jam.file).ready.sound is None
    part.ready = jam = type(jam)(jam.file, jam.folder, jam.primer, sound=sound)
    hotter = jam.file.model_copy(update={"temperature": 1.2})
    assert part.with_settings(hotter).ready.sound is sound
    chip = ready(load_jam("chip"), {})
    after = part.with_settings(chip.file).ready.sound
    assert after == Sound.of(chip, "auto")
    assert after.kit != sound.kit
