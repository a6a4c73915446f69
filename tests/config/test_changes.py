"""Settings that change while a jam plays, by their names."""

from __future__ import annotations

import pytest

from daw_bridge.config.changes import changed, differences
from daw_bridge.config.jam import JamFile, VoiceFile
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Value
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter

JAM = JamFile(
    model="drums",
    conditions={"style": "funk"},
    voices=(VoiceFile(channel=10, drum_map="gm"), VoiceFile(voice=1, channel=3)),
)


def test_settings_are_changed_by_name_and_the_others_stay() -> None:
    settings: list[tuple[str, Value]] = [
        ("temperature", 0.5),
        ("density", 3),
        ("range", (40, 60)),
        ("scale", "D dorian"),
        ("mute", ("kick",)),
        ("form", "A8 B8"),
        ("meter", "7/8"),
        ("conditions.style", "rock"),
        ("voices.1.channel", 5),
        ("turns.bars", "auto"),
        ("turns.metronome", "always"),
    ]
    jam = changed(JAM, settings)
    assert (jam.temperature, jam.top_p, jam.form, jam.meter) == (0.5, 1.0, "A8 B8", Meter(7, 8))
    assert (jam.limits.density, jam.limits.range, jam.limits.mute) == (3, (40, 60), ("kick",))
    assert jam.limits.scale == Key.parse("D dorian")
    assert jam.conditions == {"style": "rock"}
    assert (jam.turns.bars, jam.turns.metronome, jam.turns.count_in) == ("auto", "always", 1)
    assert jam.voices is not None
    assert [each.channel for each in jam.voices] == [10, 5]
    assert changed(jam, [("density", None), ("conditions.style", None)]).conditions == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temprature", 1.0, "expected a setting of a jam, found 'temprature': did you mean"),
        ("temperature", 11.0, "temperature: expected a number of at most 10.0, found 11.0"),
        ("temperature", "hot", 'temperature: expected a number, found "hot"'),
        ("temperature", float("nan"), "temperature: expected a finite number"),
        ("density", -1, "limits.density: expected a number of at least 0, found -1"),
        ("mute", ("kik",), "did you mean 'kick'"),
        ("form", "B-A-C", "expected sections of 1 to 64 bars"),
        ("sync", "jack", "expected a setting that changes while a jam plays, found sync"),
        ("primer.midi", "a.mid", "expected a setting that changes while a jam plays, found primer"),
        ("limits", 3, "expected a setting of a jam, found 'limits'"),
        ("turns.bars", "17", "turns.bars: expected auto, or bars from 1 to 16, found 17"),
        ("turns.bar", "1", "did you mean 'turns.bars'?"),
        ("conditions", "funk", "expected a setting of a jam, found 'conditions'"),
        ("voices.2.channel", 5, "expected a voice that plays, of 0, 1, found '2'"),
        ("voices.1.chanel", 5, "did you mean '1.channel'?"),
        ("voices.1.channel", 17, "voices.1.channel: expected a number of at most 16, found 17"),
    ],
)
def test_what_cannot_be_set_is_told(name: str, value: Value, message: str) -> None:
    with pytest.raises(UserError) as told:
        changed(JAM, [("top_p", 0.5), (name, value)])
    assert message in str(told.value)


def test_what_differs_is_set_to_make_one_jam_another() -> None:
    other = changed(
        JAM,
        [
            ("temperature", 0.5),
            ("meter", "3/4"),
            ("scale", "C minor"),
            ("mute", ("kick", "snare")),
            ("conditions.style", None),
            ("conditions.fill", True),
            ("turns.count_in", 3),
        ],
    )
    settings = list(differences(JAM, other))
    assert len(settings) == 7
    assert changed(JAM, settings) == other
    assert list(differences(JAM, JAM)) == []
    with pytest.raises(UserError, match="found sync"):
        list(differences(JAM, JamFile(**{**dict(JAM), "sync": "jack"})))
