"""Knobs, pads and pedals: learnt, taken over without jumps, shown, and saved in the preset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from daw_bridge.config.jam import load_jam
from daw_bridge.config.learnt import LearntFile, save
from daw_bridge.control.client import Client
from daw_bridge.control.hands import PLAYED, STATE
from daw_bridge.control.learn import Learnt
from daw_bridge.control.open import Ways, controlled
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Change, Heard, Inbox, Panic, Show
from daw_bridge.jam.events import Changed, Opened, Took
from daw_bridge.jam.prepared import Value
from daw_bridge.music.time import Seconds, Ticks
from daw_bridge.ports import backend


def cc(number: int, value: int, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, number, value))


def note(pitch: int, velocity: int = 100) -> bytes:
    return bytes((0x90, pitch, velocity))


def program(number: int) -> bytes:
    return bytes((0xC0, number))


def bound(name: str, message: bytes, value: object = None) -> Learnt:
    learnt = Learnt()
    learnt.learn(name, value)
    assert learnt.takes(message) is not None
    return learnt


def now(value: Value) -> Callable[[str], Value]:
    return lambda _name: value


def said(learnt: Learnt, message: bytes, current: Value = None) -> list[tuple[str, Value]]:
    return [(name.name, value) for name, value in learnt.take(message, now(current))]


def test_the_next_control_that_is_moved_is_learnt_and_says_nothing_yet() -> None:
    learnt = Learnt()
    assert said(learnt, cc(21, 5), 0.1) == []
    learnt.learn("novelty")
    assert said(learnt, cc(21, 64)) == []
    found = learnt.takes(cc(21, 64))
    assert found is not None
    assert str(found[1]) == "CC 21 on channel 1"
    assert learnt.takes(cc(22, 64)) is None
    assert learnt.listed() == {"CC 21 on channel 1": "novelty"}


def test_a_knob_of_14_bits_turns_in_fine_steps_and_takes_over_without_a_jump() -> None:
    learnt = bound("novelty", cc(21, 0))
    assert said(learnt, cc(21 + 32, 100), 0.5) == []
    assert said(learnt, cc(21, 40), 0.5) == []
    assert said(learnt, cc(21, 64), 0.5) == [("novelty", 0.5)]
    values = [said(learnt, cc(21 + 32, fine), 0.5)[0][1] for fine in (1, 2, 127)]
    assert values == [0.5001, 0.5002, 0.5078]
    assert said(learnt, cc(21, 65), 0.5078) == [("novelty", 0.5078)]
    assert said(learnt, cc(21 + 32, 127, channel=1), 0.5) == []


def test_a_control_32_above_a_knob_is_one_of_its_own_once_it_is_learnt() -> None:
    learnt = bound("novelty", cc(21, 0))
    learnt.learn("top-p")
    assert learnt.takes(cc(21 + 32, 127)) is not None
    assert said(learnt, cc(21 + 32, 127), 1.0) == [("top-p", 1.0)]
    assert said(learnt, cc(21, 127), 1.0) == [("novelty", 1.0)]


def nrpn(number: int, channel: int = 0, first: int = 99) -> list[bytes]:
    """Select a parameter; an RPN where `first` is 101."""
    return [cc(first, number >> 7, channel), cc(first - 1, number & 127, channel)]


def told(learnt: Learnt, *messages: bytes, current: Value = None) -> list[tuple[str, Value]]:
    return [each for message in messages for each in said(learnt, message, current)]


def learnt_by(name: str, *messages: bytes, value: object = None) -> Learnt:
    """Learn the last of some messages; those before it are none of a control."""
    learnt = Learnt()
    learnt.learn(name, value)
    *before, last = map(learnt.takes, messages)
    assert not any(before)
    assert last is not None
    return learnt


@pytest.mark.parametrize(("first", "kind"), [(99, "nrpn"), (101, "rpn")])
def test_a_parameter_is_learnt_by_its_number_turns_in_fine_steps_and_takes_over_without_a_jump(
    first: int, kind: str
) -> None:
    learnt = learnt_by("temperature", *nrpn(300, first=first), cc(6, 10))
    assert learnt.listed() == {f"{kind.upper()} 300 on channel 1": "temperature"}
    assert [file.model_dump(exclude_none=True) for file in learnt.files()] == [
        {"name": "temperature", kind: 300, "channel": 1}
    ]
    assert told(learnt, cc(6, 20), cc(38, 64), current=0.5) == []  # 0.5 is at 31.75
    ((_, first_value),) = told(learnt, cc(6, 32), current=0.5)
    ((_, finer),) = told(learnt, cc(38, 64), current=first_value)
    assert 0.5 <= first_value < finer < first_value + 2 / 127
    assert told(learnt, *nrpn(301, first=first), cc(6, 90), cc(38, 1), current=finer) == []
    assert told(learnt, *nrpn(300, channel=1, first=first), cc(6, 90, 1), current=finer) == []
    assert told(learnt, *nrpn((1 << 14) - 1, first=first), cc(6, 90), current=finer) == []
    again = Learnt(learnt.files())
    assert told(again, *nrpn(300, first=first), cc(6, 32), current=0.5)


def test_increments_go_on_from_where_the_setting_is() -> None:
    learnt = learnt_by("temperature", *nrpn(300), cc(96, 0))
    ((_, up),) = told(learnt, cc(96, 0), current=0.5)
    ((_, down),) = told(learnt, cc(97, 0), current=0.5)
    assert (up, down) == (0.5157, 0.4843)
    assert told(learnt, cc(97, 0), current=0.0) == []
    mode = learnt_by("mode", *nrpn(301), cc(96, 0))
    assert told(mode, cc(96, 0), current="solo") == [("mode", "continue")]
    assert told(mode, cc(97, 0), current="solo") == []
    density = learnt_by("density", *nrpn(302), cc(96, 0))
    assert told(density, cc(96, 0), current=None) == [("density", 0)]
    assert told(density, cc(96, 0), current=0) == [("density", 1)]
    count_in = learnt_by("count-in", *nrpn(303), cc(97, 0))
    assert told(count_in, cc(97, 0), current=2) == [("count-in", 1)]


def test_a_parameter_that_is_taken_is_refused() -> None:
    learnt = learnt_by("temperature", *nrpn(300), cc(6, 10))
    learnt.learn("top-p")
    assert not any(map(learnt.takes, nrpn(300)))
    with pytest.raises(UserError, match="NRPN 300 on channel 1: temperature") as refused:
        learnt.takes(cc(38, 10))
    assert "ctl forget temperature" in str(refused.value)
    learnt.learn("top-p")
    assert not any(map(learnt.takes, nrpn(301)))
    assert learnt.takes(cc(6, 10)) is not None
    assert set(learnt.listed().values()) == {"temperature", "top-p"}


def test_a_parameter_presses_what_takes_a_value() -> None:
    learnt = learnt_by("panic", *nrpn(5), cc(6, 127))
    assert told(learnt, cc(6, 127)) == []  # it is still pressed
    assert told(learnt, cc(6, 0), cc(38, 100), cc(97, 0)) == []
    assert told(learnt, cc(6, 127), cc(38, 127)) == [("panic", None)]
    assert told(learnt, cc(96, 0)) == [("panic", None)]


def test_what_shows_a_parameter_selects_it_first() -> None:
    learnt = learnt_by("temperature", *nrpn(300), cc(6, 10))
    assert learnt.changed("temperature", 2.0) == [*nrpn(300), cc(6, 127), cc(38, 127)]
    assert learnt.changed("temperature", 0.0) == [*nrpn(300), cc(6, 0), cc(38, 0)]


@pytest.mark.parametrize("number", [6, 38, 96, 97, 98, 99, 100, 101])
def test_a_knob_that_was_learnt_by_its_cc_stays_one_though_parameters_have_that_too(
    number: int,
) -> None:
    learnt = Learnt([LearntFile(name="temperature", cc=number, channel=1)])
    assert told(learnt, *(cc(number, value) for value in (0, 32)), current=0.5)


def test_the_finer_half_of_a_knob_is_that_knob_where_another_name_is_to_be_learnt() -> None:
    learnt = bound("novelty", cc(21, 0))
    assert said(learnt, cc(21 + 32, 100), 0.5) == []
    learnt.learn("top-p")
    with pytest.raises(UserError, match="found CC 21 on channel 1: novelty"):
        learnt.takes(cc(21 + 32, 101))
    assert learnt.listed() == {"CC 21 on channel 1": "novelty"}


def test_a_pedal_has_no_finer_half() -> None:
    learnt = bound("undo", cc(1, 0))
    assert said(learnt, cc(1 + 32, 127)) == []


def test_a_knob_takes_over_where_the_setting_is_without_a_jump() -> None:
    learnt = bound("novelty", cc(21, 0))
    assert said(learnt, cc(21, 10), 0.5) == []
    assert said(learnt, cc(21, 40), 0.5) == []
    assert said(learnt, cc(21, 66), 0.5) == [("novelty", 0.5197)]
    assert said(learnt, cc(21, 100), 0.5197) == [("novelty", 0.7874)]
    assert said(learnt, cc(22, 100), 0.5) == []
    assert said(learnt, cc(21, 100, channel=1), 0.5) == []


def test_a_knob_takes_over_as_it_passes_by_from_either_side() -> None:
    learnt = bound("novelty", cc(21, 0))
    assert said(learnt, cc(21, 20), 0.5) == []
    assert said(learnt, cc(21, 90), 0.5) == [("novelty", 0.7087)]
    learnt = bound("novelty", cc(21, 127))
    assert said(learnt, cc(21, 120), 0.5) == []
    assert said(learnt, cc(21, 30), 0.5) == [("novelty", 0.2362)]


def test_where_a_knob_was_as_it_was_learnt_counts() -> None:
    assert said(bound("novelty", cc(21, 0)), cc(21, 90), 0.5) == [("novelty", 0.7087)]
    assert said(bound("novelty", cc(21, 80)), cc(21, 90), 0.5) == []


def test_what_has_no_value_yet_is_taken_over_at_once() -> None:
    assert said(bound("novelty", cc(21, 0)), cc(21, 127), None) == [("novelty", 1.0)]


def test_a_knob_lets_go_where_somebody_else_changes_the_setting_and_not_where_it_does() -> None:
    learnt = bound("novelty", cc(21, 0))
    for step in (62, 66, 70):  # the jam lags behind, by a bar
        assert said(learnt, cc(21, step), 0.5)
    learnt.changed("novelty", 0.5197)  # of step 66
    assert said(learnt, cc(21, 71), 0.5197)
    learnt.changed("novelty", 0.1)
    assert said(learnt, cc(21, 72), 0.1) == []
    assert said(learnt, cc(21, 12), 0.1) == [("novelty", 0.0945)]


def test_a_knob_goes_through_choices_and_switches() -> None:
    assert said(bound("fill", cc(1, 0)), cc(1, 0), "any") == [("fill", "any")]
    assert said(bound("parallels", cc(1, 0)), cc(1, 127), True) == [("parallels", True)]


def test_a_pedal_is_pressed_once_however_long_it_is_held() -> None:
    learnt = bound("panic", cc(64, 0))
    pressed = [said(learnt, cc(64, value)) for value in (0, 63, 64, 127, 100, 0, 127)]
    assert pressed == [[], [], [("panic", None)], [], [], [], [("panic", None)]]


def test_a_pad_does_what_takes_no_value_sets_a_value_and_switches() -> None:
    learnt = bound("undo", note(36))
    assert [said(learnt, note(36)), said(learnt, note(36, 0))] == [[("undo", None)], []]
    learnt = bound("scale", note(37), "C minor")
    assert said(learnt, note(37)) == [("scale", "C minor")]
    learnt = bound("mute", note(38), "kick,snare")
    assert said(learnt, note(38)) == [("mute", ("kick", "snare"))]
    learnt = bound("parallels", note(39))
    assert said(learnt, note(39), True) == [("parallels", False)]


def test_a_player_who_plays_on_is_not_learnt_as_a_knob() -> None:
    learnt = Learnt()
    learnt.learn("temperature")
    assert learnt.takes(note(60)) is None
    assert learnt.takes(cc(1, 3)) is not None
    learnt.learn("panic")
    assert learnt.takes(note(60, 0)) is None


@pytest.mark.parametrize("number", range(120, 128))
def test_what_a_daw_says_before_it_plays_is_no_knob(number: int) -> None:
    learnt = Learnt()
    learnt.learn("temperature")
    assert learnt.takes(cc(number, 0)) is None
    assert learnt.takes(cc(119, 0)) is not None


def test_programs_choose_by_number() -> None:
    learnt = bound("loudness", program(9))
    assert learnt.listed() == {"programs on channel 1": "loudness"}
    assert said(learnt, program(1)) == [("loudness", "pp")]
    assert said(learnt, program(99)) == []
    learnt = bound("scale", program(3), "C")
    assert [said(learnt, program(3)), said(learnt, program(4))] == [[("scale", "C major")], []]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("scale", None, "give one: ctl learn scale VALUE"),
        ("temprature", None, "did you mean 'temperature'?"),
        ("temperature", "hot", "expected"),
        ("panic", 1, "expected no value after panic"),
    ],
)
def test_what_cannot_be_learnt_is_told(name: str, value: object, words: str) -> None:
    with pytest.raises(UserError) as error:
        Learnt().learn(name, value)
    assert words in str(error.value)


def test_a_control_that_is_taken_is_refused_and_stays_what_it_was() -> None:
    learnt = bound("novelty", cc(21, 0))
    learnt.learn("temperature")
    with pytest.raises(UserError, match="found CC 21 on channel 1: novelty"):
        learnt.takes(cc(21, 64))
    assert learnt.takes(cc(22, 64)) is None
    assert learnt.listed() == {"CC 21 on channel 1": "novelty"}
    learnt.learn("novelty")
    assert learnt.takes(cc(21, 64)) is not None
    learnt.forget("novelty")
    with pytest.raises(UserError, match="expected a control that sets novelty"):
        learnt.forget("novelty")
    assert learnt.files() == []


def test_what_changes_is_shown_on_faders_and_pads() -> None:
    learnt = bound("novelty", cc(21, 0))
    learnt.learn("parallels")
    learnt.takes(note(36))
    learnt.learn("undo")
    learnt.takes(note(37))
    assert learnt.changed("novelty", 1.0) == [cc(21, 127)]
    assert learnt.changed("parallels", False) == [note(36, 0)]
    assert learnt.changed("undo", None) == []
    assert learnt.changed("novelty", None) == []


def test_no_bytes_are_too_strange() -> None:
    learnt = bound("novelty", cc(21, 0))
    for data in (b"\xf8", b"\xff", b"\xf0\x01\xf7", b"\xb0\x15", b"\xe0\x01\x02", b"\xc0\x15"):
        assert said(learnt, data, 0.5) == []


PRESET = """# My jam.
model: groove-drums  # the drummer
bpm: 100

# What it is told.
conditions:
  style: funk
"""


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(PRESET)
    return path


def test_it_is_saved_in_the_preset_and_comments_stay(preset: Path) -> None:
    learnt = bound("novelty", cc(21, 0))
    learnt.learn("mute", "kick")
    learnt.takes(note(36))
    assert save(preset, learnt.files()) == preset
    assert preset.read_text() == PRESET + (
        '\nlearn:\n- {"name": "novelty", "cc": 21, "channel": 1}\n'
        '- {"name": "mute", "note": 36, "channel": 1, "value": ["kick"]}\n'
    )
    again = Learnt(load_jam(str(preset)).learn)
    assert again.listed() == learnt.listed()
    assert again.files() == learnt.files()
    assert said(again, note(36)) == [("mute", ("kick",))]
    again.forget("mute")
    save(preset, again.files())
    again.forget("novelty")
    assert "mute" not in preset.read_text()
    save(preset, again.files())
    assert preset.read_text() == PRESET


def test_what_stands_below_it_stays(preset: Path) -> None:
    preset.write_text("model: lead\nlearn:\n- {name: undo, cc: 1, channel: 1}\n\n# x\nbpm: 90\n")
    save(preset, [LearntFile(name="undo", cc=2, channel=1)])
    assert preset.read_text() == (
        'model: lead\n# x\nbpm: 90\n\nlearn:\n- {"name": "undo", "cc": 2, "channel": 1}\n'
    )


def test_another_form_of_the_key_is_not_overwritten(preset: Path) -> None:
    text = 'model: lead\n"learn": [{name: undo, cc: 1, channel: 1}]\n'
    preset.write_text(text)
    with pytest.raises(UserError, match="another form in"):
        save(preset, [LearntFile(name="undo", cc=2, channel=1)])
    assert preset.read_text() == text


def test_a_preset_that_is_shipped_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    shipped = load_jam("groove").document
    assert shipped is not None
    before = shipped.path.read_text()
    path = save(shipped.path, [LearntFile(name="undo", cc=2, channel=1)])
    assert path == tmp_path / "home" / "presets" / "jams" / "groove.yaml"
    assert path.read_text().startswith(before.rstrip())
    assert shipped.path.read_text() == before
    assert load_jam("groove").learn[0].name == "undo"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{name: undo, cc: 1, note: 2, channel: 1}", "expected one control, found cc and note"),
        ("{name: undo, cc: 120, channel: 1}", "at most 119"),
        ("{name: undo, cc: 1}", "expected this key"),
        ("{name: undo, cc: 1, channel: 0}", "at least 1"),
        ("{cc: 1, channel: 1}", "expected this key"),
    ],
)
def test_what_is_wrong_in_a_preset_is_told_by_line(preset: Path, entry: str, words: str) -> None:
    preset.write_text(f"{PRESET}learn:\n- {entry}\n")
    with pytest.raises(UserError, match=r"mine\.yaml:9: learn\.0") as error:
        load_jam(str(preset))
    assert words in str(error.value)


def test_live_a_knob_is_learnt_saved_turned_and_shown(preset: Path, inbox: Inbox) -> None:
    def hear(data: bytes) -> None:
        desk(Took(Seconds(0.0), Heard(Seconds(0.0), PLAYED, data)))

    with controlled(Ways("live"), load_jam(str(preset)), inbox) as desk, Client("live") as jam:
        desk(Opened((("notes", "x"), ("in", "x"), (STATE, "x"))))
        jam.say({"ask": "watch", "only": ["changed", "refused"]})
        events = jam.events(10)
        assert jam.say({"ask": "learn", "name": "temperature"}) == {"ok": "learn.temperature"}
        hear(cc(21, 0))
        assert next(events)["value"] == "CC 21 on channel 1"
        assert "temperature" in preset.read_text()
        hear(cc(21, 64))
        assert inbox.take() == [Change((("temperature", 1.0079),))]
        desk(Changed("temperature", Ticks(0), 2.0))
        assert inbox.take() == [Show(STATE, cc(21, 127))]
        next(events)
        jam.say({"ask": "learn", "name": "panic"})
        hear(cc(21, 100))
        assert "found CC 21 on channel 1: temperature" in next(events)["why"]
        jam.say({"ask": "learn", "name": "panic"})
        hear(note(36))
        hear(note(36))
        assert inbox.take() == [Panic()]
        assert jam.say({"ask": "learnt"})["learnt"] == {
            "CC 21 on channel 1": "temperature",
            "note 36 on channel 1": "panic",
        }
        jam.say({"ask": "forget", "name": "panic"})
        with pytest.raises(UserError, match="expected a control that sets panic"):
            jam.say({"ask": "forget", "name": "panic"})
        assert "panic" not in preset.read_text()
    assert load_jam(str(preset)).learn == (LearntFile(name="temperature", cc=21, channel=1),)


def test_roles_are_those_of_the_ports() -> None:
    assert (PLAYED, STATE) == (backend.PLAYED, backend.STATE)
