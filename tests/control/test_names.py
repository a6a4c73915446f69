"""The one table of commands: every name gives a command, within the bounds of the schema."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.config.jam import JamFile
from daw_bridge.control.names import Name, find, name_of, table
from daw_bridge.control.values import LONGEST
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Change, Command, Keep, Panic, SetMeter, SetTempo, Stop
from daw_bridge.music.time import Meter

NAMES = table()


@pytest.mark.parametrize(
    ("name", "value", "command"),
    [
        ("stop", None, Stop()),
        ("panic", None, Panic()),
        ("keep", None, Keep()),
        ("tempo", "140", SetTempo(140.0)),
        ("bpm", 140, SetTempo(140.0)),
        ("meter", "7/8=3+2+2", SetMeter(Meter(7, 8, (3, 2, 2)))),
        ("temperature", "0.7", Change((("temperature", 0.7),))),
        ("top-p", 1, Change((("top_p", 1.0),))),
        ("top_p", 0.5, Change((("top_p", 0.5),))),
        ("novelty", "none", Change((("novelty", None),))),
        ("density", 4.0, Change((("density", 4),))),
        ("scale", "f# minor", Change((("scale", "F# minor"),))),
        ("range", "48-72", Change((("range", (48, 72)),))),
        ("range", [48, 72], Change((("range", (48, 72)),))),
        ("mute", "kick, snare", Change((("mute", ("kick", "snare")),))),
        ("mute", "", Change((("mute", ()),))),
        ("parallels", "off", Change((("parallels", False),))),
        ("fill", "every 4", Change((("fill", "every 4"),))),
        ("form", "A8 B8", Change((("form", "A8 B8"),))),
        ("model", "lead", Change((("model", "lead"),))),
        ("preset", "chip", Change((("preset", "chip"),))),
        ("condition.style", "funk", Change((("conditions.style", "funk"),))),
        ("condition.bars", "8", Change((("conditions.bars", 8.0),))),
        ("voice.0.channel", "3", Change((("voices.0.channel", 3),))),
        ("voice.1.drum-map", "gm", Change((("voices.1.drum_map", "gm"),))),
    ],
)
def test_a_name_and_a_value_make_a_command(name: str, value: object, command: Command) -> None:
    assert find(name).command(value) == command


@pytest.mark.parametrize(
    ("name", "value", "at", "words"),
    [
        ("temprature", 1, None, "did you mean 'temperature'?"),
        ("voice.x.channel", 1, None, "did you mean 'voice.*.channel'?"),
        ("condition.", 1, None, "expected a name"),
        ("", 1, None, "expected a name"),
        (None, 1, None, "expected a name"),
        (["stop"], 1, None, "expected a name"),
        ("temperature", 11, None, "expected a number of at most 10.0, found 11"),
        ("temperature", "nan", None, "expected a finite number"),
        ("temperature", None, None, "expected a value after temperature, found none"),
        ("temperature", [1], None, "expected a number"),
        ("temperature", "hot", None, 'expected a number, found "hot"'),
        ("on-the-one", "perhaps", None, 'expected true or false, found "perhaps"'),
        ("temperature", {"a": 1}, None, "expected a number"),
        ("seed", 1.5, None, "expected a whole number"),
        ("seed", "9" * 5000, None, f"at most {LONGEST} letters"),
        ("fill", "evry", None, "did you mean 'every 8'?"),
        ("mute", "kik", None, "did you mean 'kick'?"),
        ("mute", [["kick"]], None, "expected text"),
        ("lock", "[[[[", None, "expected names, with commas"),
        ("range", "player", None, "say condition.register player"),
        ("density", "player", None, "expected a density of your own, found player"),
        ("range", "60", None, 'expected low-high such as 48-72, or none, found "60"'),
        ("range", "[60]", None, "expected one value more, found [60]"),
        ("range", "72-200", None, "at most 127"),
        ("meter", "5", None, "expected a meter"),
        ("scale", "H major", None, "found 'H major'"),
        ("model", "leed", None, "did you mean 'lead'?"),
        ("drum-map", "gmm", None, "did you mean 'gm'?"),
        ("voice.0.channel", 17, None, "at most 16"),
        ("range", ["9" * 5000, 72], None, "expected a whole number of fewer digits"),
        ("temperature", "\ud800", None, "expected text in letters that there are"),
        ("turn-bars", "\ud800", None, r"expected text in letters that there are, found '\ud800'"),
        ("model", "9" * 400, None, "... (File name too long): name another"),
        ("drum-map", "\ud800", None, "expected a drum map"),
        ("panic", 1, None, "expected no value after panic"),
        ("panic", None, "bar", "expected panic at now, found at 'bar'"),
        ("temperature", 1, "soon", "expected temperature at bar"),
        ("tempo", 120, 3, "expected tempo at now or bar, found at 3"),
    ],
)
def test_what_is_none_is_refused_in_one_line(
    name: object, value: object, at: object, words: str
) -> None:
    with pytest.raises(UserError) as error:
        find(name).command(value, at)  # type: ignore[arg-type]
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


LONG_OR_STRANGE = st.sampled_from(["9" * 400, "9" * 900, "\ud800", "\0"])

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | LONG_OR_STRANGE,
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(st.sampled_from([*NAMES, "condition.style", "voice.0.port"]), ANYTHING, ANYTHING)
def test_whatever_is_given_makes_a_command_or_is_refused(
    name: str, value: object, at: object
) -> None:
    told = ""
    try:
        hash(find(name).command(value, at))  # type: ignore[arg-type]
    except UserError as error:
        told = str(error)
    assert not re.search("Input should|Unable to parse|pydantic", told)


def test_every_name_says_what_it_does_and_what_it_takes() -> None:
    for each in NAMES.values():
        assert each.help.endswith("."), each
        assert (each.form() == "") == (each.setting is None)
        assert name_of(each.key) == each.name


def turning() -> list[Name]:
    return [each for each in NAMES.values() if each.setting is not None and each.setting.turns]


@pytest.mark.parametrize("each", turning(), ids=lambda each: each.name)
def test_a_knob_goes_through_values_that_are_taken_and_back(each: Name) -> None:
    assert each.setting is not None
    values = [each.setting.of_knob(step) for step in range(128)]
    for step, value in enumerate(values):
        each.value(value)
        back = each.setting.to_knob(value)
        assert back is not None
        assert each.setting.of_knob(back) == value or abs(back - step) <= 1
    assert values[0] != values[-1]


def test_a_knob_goes_from_bound_to_bound_or_as_far_as_is_of_use() -> None:
    novelty, temperature = NAMES["novelty"].setting, NAMES["temperature"].setting
    assert novelty is not None
    assert temperature is not None
    assert (novelty.of_knob(0), novelty.of_knob(127)) == (0.0, 1.0)
    assert (temperature.of_knob(0), temperature.of_knob(127)) == (0.0, 2.0)
    assert temperature.to_knob(9.0) == 127
    assert novelty.to_knob(None) is None


def test_what_a_knob_has_no_way_to_set_it_does_not_turn() -> None:
    still = {each.name for each in NAMES.values() if each.setting and not each.setting.turns}
    assert {"scale", "form", "mute", "meter"} <= still


def test_every_setting_that_can_change_is_there() -> None:
    limits = {"scale", "range", "density", "polyphony", "leap", "parallels", "mute", "lock"}
    assert limits <= NAMES.keys()
    assert {"temperature", "top-p", "form", "novelty", "seed", "model", "preset"} <= NAMES.keys()
    assert "backend" not in NAMES
    assert "conditions" in JamFile.model_fields
