"""The lines between a daemon and its port process."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.errors import UserError, UserErrors
from daw_bridge.midi.messages import TimedMessage, note_on
from daw_bridge.music.bar_lines import BarLine
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports import wire
from daw_bridge.ports.backend import PortSettings, PortSpec

MESSAGES = st.builds(
    TimedMessage,
    st.floats(allow_nan=False, allow_infinity=False).map(Seconds),
    st.integers(0, 2),
    st.integers(0, 1 << 60),
    st.text(max_size=10),
    st.binary(min_size=1, max_size=3),
)
SPECS = st.builds(PortSpec, st.text(), st.none() | st.text())
PAIRS = st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple)
METERS = st.just(Meter(7, 8, (3, 2, 2))) | st.builds(
    Meter, st.integers(1, 255), st.sampled_from([2, 4, 8])
)
SETTINGS = st.builds(
    PortSettings,
    st.sampled_from(["auto", "jack", "rtmidi", "offline"]),
    st.lists(SPECS, max_size=3).map(tuple),
    st.lists(SPECS, max_size=3).map(tuple),
    st.text(),
    st.none() | PAIRS,
    st.lists(st.sampled_from(["jack", "link"]), unique=True).map(tuple),
    st.floats(20, 400),
    METERS,
    st.booleans(),
    changes=st.lists(
        st.builds(
            BarLine, st.integers(0), st.integers(0).map(Ticks), st.just(Meter(7, 8, (3, 2, 2)))
        )
    ).map(tuple),
)
POSITIONS = st.builds(
    Position,
    st.floats(allow_nan=False, allow_infinity=False).map(Seconds),
    st.integers().map(Ticks),
    st.floats(1, 1000),
    st.booleans(),
    st.none() | METERS,
)


@given(st.lists(MESSAGES, max_size=5))
def test_messages_come_through_with_every_bit_of_their_time(messages: list[TimedMessage]) -> None:
    text = wire.line("send", wire.pack(messages))
    assert text.count(b"\n") == 1
    assert text.endswith(b"\n")
    kind, fields = wire.parse(text)
    assert kind == "send"
    assert wire.unpack(fields[0]) == messages


@given(SETTINGS)
def test_settings_come_through(settings: PortSettings) -> None:
    kind, fields = wire.parse(wire.line("open", wire.pack_settings(settings)))
    assert kind == "open"
    assert wire.unpack_settings(fields[0]) == settings


@given(POSITIONS)
def test_a_position_comes_through_with_every_bit_of_its_time(position: Position) -> None:
    _, fields = wire.parse(wire.line("lead", wire.pack_position(position)))
    assert wire.unpack_position(fields[0]) == position


def test_a_users_error_is_one_on_the_other_side_too() -> None:
    error = UserError("a port", "none", "plug one in")
    assert str(wire.unpack_error(wire.pack_error(error))) == str(error)
    several = UserErrors(["a.yaml:1: one", "a.yaml:2: two"])
    other = wire.unpack_error(wire.pack_error(several))
    assert isinstance(other, UserErrors)
    assert other.errors == several.errors


def test_a_line_is_as_written_here() -> None:
    message = TimedMessage(Seconds(0.1), 2, 7, "notes", note_on(9, 36, 100))
    assert wire.line("send", wire.pack([message])) == b'["send",[[0.1,2,7,"notes","992464"]]]\n'
    assert wire.line("silence") == b'["silence"]\n'
